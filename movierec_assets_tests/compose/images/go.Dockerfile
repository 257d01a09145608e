ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE}
COPY go /usr/local/go
ENV PATH=/usr/local/go/bin:$PATH
