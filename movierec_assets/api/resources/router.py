"""`router()`: the routes of all resources."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter

from movierec_assets.api.resources import routes_of_many as many
from movierec_assets.api.resources.listing import RESOURCES
from movierec_assets.api.resources.routes_of_changes import add_delete, add_update
from movierec_assets.api.resources.routes_of_one import add_create, add_get
from movierec_assets.api.resources.routes_of_search import add_search


@cache
def router() -> APIRouter:
    """The routes, made from the registry when they are first asked for."""
    made = APIRouter()
    for resource in RESOURCES:
        routes = APIRouter(tags=[resource.name])
        add_search(routes, resource)
        if resource.writable:
            add_create(routes, resource)
            many.add_create_many(routes, resource)
            many.add_delete_many(routes, resource)
            add_update(routes, resource)
            add_delete(routes, resource)
        add_get(routes, resource)
        made.include_router(routes)
    return made
