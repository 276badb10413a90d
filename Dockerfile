# Paperboy's image: the bot and its locked packages, without tools or the sandbox. compose.yaml runs it.
# All that it writes goes to /data; /tmp is for what SQLite sorts. The root may be read-only.

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
# Bytecode for all of it, because nothing can be written later; by content, because copies change times.
RUN /opt/paperboy/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/paperboy/lib /app

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Paperboy" \
      org.opencontainers.image.description="Brings Hugging Face's Daily Papers to Discord channels" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --system --gid 10001 paperboy \
    && useradd --system --uid 10001 --gid paperboy --no-create-home --home-dir /app --shell /usr/sbin/nologin paperboy \
    && install --directory --owner=paperboy --group=paperboy --mode=0700 /data /backups
COPY --from=packages /opt/paperboy /opt/paperboy
COPY --from=packages /app /app
WORKDIR /app
# PYTHONPATH: `paperboy` finds the bot from any folder. HEALTH_PORT: what HEALTHCHECK asks, on loopback.
ENV PATH=/opt/paperboy/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/paperboy.db \
    HEALTH_PORT=9464
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "bot", "healthy"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
