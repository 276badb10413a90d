# Paperboy's image: the bot and its locked dependencies, without development tools and the sandbox. compose.yaml runs it.
# The bot writes only to /data, and SQLite uses /tmp for sorting. The root file system can be read-only.

ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS packages
RUN python -m venv /opt/paperboy
COPY requirements/run.txt /tmp/run.txt
RUN /opt/paperboy/bin/python -m pip install --no-cache-dir --require-hashes -r /tmp/run.txt \
    && /opt/paperboy/bin/python -m pip uninstall --yes pip
RUN printf '#!/bin/sh\nexec /opt/paperboy/bin/python -m bot "$@"\n' > /opt/paperboy/bin/paperboy \
    && chmod 0755 /opt/paperboy/bin/paperboy
WORKDIR /app
COPY LICENSE ./
COPY bot ./bot
COPY cogs ./cogs
# Compile all bytecode now, because the image is read-only later. Hash-based files survive the change of mtimes in COPY.
RUN /opt/paperboy/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/paperboy/lib /app

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Paperboy" \
      org.opencontainers.image.description="Posts papers from Hugging Face's Daily Papers in Discord channels, by keyword" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --system --gid 10001 paperboy \
    && useradd --system --uid 10001 --gid paperboy --no-create-home --home-dir /app --shell /usr/sbin/nologin paperboy \
    && install --directory --owner=paperboy --group=paperboy --mode=0700 /data /backups
COPY --from=packages /opt/paperboy /opt/paperboy
COPY --from=packages /app /app
WORKDIR /app
# PYTHONPATH lets `paperboy` run from any directory. HEALTHCHECK queries HEALTH_PORT on loopback.
ENV PATH=/opt/paperboy/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/paperboy.db \
    HEALTH_PORT=9464
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "bot", "healthcheck"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
