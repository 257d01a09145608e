# Three images: `movierec`, which every part of the project runs in, `s3`, the S3 server of docker-compose.yml, and
# `spark`, the parts of an Apache Spark cluster, whose executors find the project's packages too.
# What they are built on may be named from outside (--build-arg, or .env for Compose); no secret is in them.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG GO_IMAGE=golang:1.26-bookworm

FROM ${GO_IMAGE} AS gateway
ARG VERSITYGW=v1.8.0
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOBIN=/out go install github.com/versity/versitygw/cmd/versitygw@${VERSITYGW}

FROM ${PYTHON_IMAGE} AS environment
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/venv
COPY requirements-run.lock /
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --quiet --no-deps --require-hashes --requirement /requirements-run.lock

FROM ${PYTHON_IMAGE} AS base
RUN useradd --uid 10001 --user-group --home-dir /var/lib/movierec --create-home movierec \
    && install --directory --owner=movierec --group=movierec /data
COPY docker/healthy /usr/local/bin/healthy

FROM base AS s3
COPY --from=gateway /out/versitygw /usr/local/bin/versitygw
USER 10001:10001
VOLUME /data
ENTRYPOINT ["versitygw"]

FROM base AS movierec
COPY --from=environment /opt/venv /opt/venv
COPY docker/movierec /opt/venv/bin/movierec
COPY dagster.yaml workspace.yaml /app/
COPY movierec_assets /app/movierec_assets
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MOVIEREC_HOME=/var/lib/movierec DAGSTER_HOME=/var/lib/movierec/dagster NUMBA_CACHE_DIR=/var/lib/movierec/numba
RUN python -m compileall -q /app/movierec_assets
USER 10001:10001
WORKDIR /var/lib/movierec
# Machine code of the kernels is made once, here; on another kind of processor the first run makes its own.
RUN mkdir dagster && ln -s /app/dagster.yaml dagster/dagster.yaml && python -m movierec_assets.warm
CMD ["movierec", "--help"]

FROM movierec AS spark
USER 0
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s "$(python -c 'import pyspark; print(pyspark.__path__[0])')" /opt/spark
ENV SPARK_HOME=/opt/spark SPARK_CONF_DIR=/app/spark PYSPARK_PYTHON=/opt/venv/bin/python
COPY docker/spark-jars.sha256 docker/spark-defaults.conf /app/spark/
# Spark's own way to fetch packages; the program that it is asked for does not exist. What it fetched has to be what is
# listed, byte by byte.
RUN --mount=type=cache,target=/ivy \
    spark-submit --conf spark.jars.ivy=/ivy --class none \
        --packages io.delta:delta-spark_4.2_2.13:4.4.0,org.apache.hadoop:hadoop-aws:3.5.0 \
        --exclude-packages "$(sed -n 's/^# not: //p' /app/spark/spark-jars.sha256)" spark-internal > /tmp/log 2>&1; \
    cd /ivy/jars && sha256sum --quiet --check /app/spark/spark-jars.sha256 \
    && sed -n 's/^[0-9a-f]* [ *]//p' /app/spark/spark-jars.sha256 | xargs cp --target-directory=/opt/spark/jars \
    || { tail -n 40 /tmp/log; exit 1; }
USER 10001:10001
