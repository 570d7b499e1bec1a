# Two stages: the first builds the environment and the static files, the second only runs.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --require-hashes -r requirements.txt
COPY manage.py ./
COPY dashboard/ dashboard/
COPY datasets_ui/ datasets_ui/
COPY static/ static/
COPY templates/ templates/
# the secrets made here stay in this stage
RUN DATASETS_DATA_DIR=/tmp/build /venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATASETS_MODE=production DATASETS_DATA_DIR=/data
RUN useradd --system --uid 10001 --home-dir /data dashboard && install -d -o dashboard -m 0700 /data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER dashboard
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# and for the worker: python manage.py worker
CMD ["gunicorn", "--config", "dashboard/gunicorn.conf.py", "--bind", "0.0.0.0:8000"]
