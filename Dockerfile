# Paperboy's image: the bot and its locked packages, without pip, tools or the sandbox.
#   docker build -t paperboy .
#   docker run -d --restart unless-stopped -e DISCORD_TOKEN=… -v paperboy:/data paperboy

FROM python:3.13-slim AS packages
RUN python -m venv /opt/paperboy
COPY requirements/run.txt /tmp/run.txt
RUN /opt/paperboy/bin/pip install --no-cache-dir --require-hashes -r /tmp/run.txt \
    && /opt/paperboy/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN groupadd --system --gid 10001 paperboy \
    && useradd --system --uid 10001 --gid paperboy --no-create-home --home-dir /app paperboy \
    && install --directory --owner=paperboy --group=paperboy /data
COPY --from=packages /opt/paperboy /opt/paperboy
WORKDIR /app
COPY LICENSE ./
COPY bot ./bot
COPY cogs ./cogs
ENV PATH=/opt/paperboy/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/paperboy.db
USER paperboy
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
