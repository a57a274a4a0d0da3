# The app as an image: `docker build -t sct-lens .`. docs/deploy.md says how to run it.
#
# TORCH_INDEX says where the build of PyTorch comes from:
#   https://download.pytorch.org/whl/cpu     for a CPU (the default, 200 MB to fetch)
#   https://download.pytorch.org/whl/cu130   for CUDA 13.0; each CUDA version has such an index
#   empty                                    PyPI's own build for CUDA, by its hash in the lock
# All else comes by the hashes of the two locks, whatever the index is.

FROM python:3.11-slim AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.txt requirements.lock requirements-sign-in.lock /build/
WORKDIR /build
# An index of its own has hashes of its own, so torch and what comes with it leave the lock.
RUN if [ -n "$TORCH_INDEX" ]; then \
        /venv/bin/pip install --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.txt)" \
        && awk '/^[a-z]/ {out = /^(torch|triton|nvidia-[a-z0-9-]+|cuda-[a-z]+)==/} !out' \
            requirements.lock > rest.lock; \
    else \
        cp requirements.lock rest.lock; \
    fi
RUN /venv/bin/pip install --require-hashes --no-deps -r rest.lock
RUN /venv/bin/pip install --require-hashes --no-deps -r requirements-sign-in.lock \
    && /venv/bin/pip check

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home sct
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
# The one who runs the app can write to none of this, so Python can leave no bytecode later.
RUN /venv/bin/python -m compileall -q app.py pages viz sct
ENV PATH=/venv/bin:$PATH HOME=/home/sct PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
EXPOSE 8501
# Whether it lives. Whether it can answer (model and device) is asked of /ready.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4).read()"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
