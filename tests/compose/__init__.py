"""The suite in containers: what `docker-compose.yml` promises."""
