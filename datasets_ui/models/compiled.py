"""Query sets that are compiled once: of a small query Django spends most of the time on making the SQL, which is always the same.

Nothing of an answer is kept: each call asks the database.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)
Value = UUID | str | int | date

# What stands for a value until it is given; of each kind there are as many as somebody needs.
MARKERS: dict[type, Callable[[int], Value]] = {
    UUID: lambda number: UUID(int=(0xFACADE << 100) + number),
    str: lambda number: f"marker-{number}",
    int: lambda number: 1_234_567_890_000 + number,
    date: lambda number: date.fromordinal(3_000_000 + number),
    datetime: lambda number: datetime.fromisoformat("8000-01-01T00:00:00+00:00").replace(microsecond=number + 1),
}


def as_database_takes_it(value: Value, connection: BaseDatabaseWrapper) -> Any:
    """A value as Django's fields prepare it for a comparison."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value


class Plan(Generic[Row]):
    """The SQL of a query set on a connection, where its values go, and how its rows become objects."""

    def __init__(self, rows: QuerySet[Row], markers: Sequence[Value], connection: BaseDatabaseWrapper) -> None:
        self.compiler = rows.query.get_compiler(connection=connection)
        self.sql, self.parameters = self.compiler.as_sql()
        self.places = [self.places_of(as_database_takes_it(marker, connection)) for marker in markers]
        select = self.compiler.select
        self.converters = self.compiler.get_converters([expression for expression, *_ in select])
        self.model: type[Row] = self.compiler.klass_info["model"]
        fields = self.compiler.klass_info["select_fields"]
        self.begin, self.end = fields[0], fields[-1] + 1
        self.names = [expression.target.attname for expression, *_ in select[self.begin : self.end]]
        # the stubs know the signature of Django 6
        self.related = get_related_populators(self.compiler.klass_info, select, connection.alias)  # type: ignore[call-arg]  # the stubs know an older signature

    def places_of(self, marker: Any) -> list[int]:
        places = [place for place, parameter in enumerate(self.parameters) if parameter == marker]
        if not places:
            raise LookupError(f"No parameter is {marker!r} in: {self.sql}")
        return places

    def filled(self, values: Sequence[Value], connection: BaseDatabaseWrapper) -> list[Any]:
        parameters = list(self.parameters)
        for places, value in zip(self.places, values, strict=True):
            for place in places:
                parameters[place] = as_database_takes_it(value, connection)
        return parameters

    def rows(self, values: Sequence[Value], connection: BaseDatabaseWrapper) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.filled(values, connection))
            found = cursor.fetchall()
        if self.converters:
            found = list(self.compiler.apply_converters(found, self.converters))
        return [self.made_of(row, connection.alias) for row in found]

    def made_of(self, row: Sequence[Any], alias: str) -> Row:
        made = self.model.from_db(alias, self.names, row[self.begin : self.end])
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.compiler.annotation_col_map.items():
            setattr(made, name, row[place])
        return made


class Compiled(Generic[Row]):
    """A function that makes a query set of whole rows, and the kinds of its parameters. Called, it answers with the rows.

    A value that changes the SQL (None, a list of any length) cannot be a parameter. The plan is kept with the connection: each
    thread has one of its own, so nothing is shared, and another database gets its own SQL.
    """

    def __init__(self, query: Callable[..., QuerySet[Row]], *kinds: type) -> None:
        self.query = query
        numbers = count()
        self.markers = [MARKERS[kind](next(numbers)) for kind in kinds]

    def __call__(self, *values: Value, using: str = "default") -> list[Row]:
        connection = connections[using]
        plans: dict[Compiled[Any], Plan[Any]] = vars(connection).setdefault("compiled_queries", {})
        plan: Plan[Row] | None = plans.get(self)
        if plan is None:
            plan = plans[self] = Plan(self.query(*self.markers), self.markers, connection)
        return plan.rows(values, connection)
