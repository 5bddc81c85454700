"""An invented API without dates: orders of a shop, in two descriptions that have little in common but the matter."""

import random

TEXT, NUMBER, TIME = {"type": "string"}, {"type": "integer"}, {"type": "string", "format": "date-time"}


def obj(**members):
    return {"type": "object", "properties": members}


def many(item):
    return {"type": "array", "items": item}


def read(operation, path, schema, *query):
    names = [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
    parameters = [{"in": "path", "name": name, "schema": TEXT} for name in names]
    parameters += [{"in": "query", "name": name, "schema": TEXT} for name in query]
    content = {"application/json": {"schema": schema}}
    return {
        path: {"get": {"operationId": operation, "parameters": parameters, "responses": {"200": {"content": content}}}}
    }


def description(server, schemas, *operations):
    paths = {path: methods for operation in operations for path, methods in operation.items()}
    servers = [{"url": f"https://shop.example{server}"}]
    return {"openapi": "3.1.0", "servers": servers, "paths": paths, "components": {"schemas": schemas}}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


ORDER = obj(
    orderNumber=TEXT,
    createdAt=TIME,
    paid={"type": "boolean"},
    state={"type": "string", "enum": ["new", "sent", "lost"]},
    weightGrams=NUMBER,
    phone=TEXT,
    address=obj(street=TEXT, city=TEXT),
    shop=TEXT,
    channel=TEXT,
    stock={"type": "object", "additionalProperties": obj(left=NUMBER)},
    lines=many(obj(article=TEXT, pieces=NUMBER)),
)
PURCHASE = obj(
    number=NUMBER,
    createdDate=TIME,
    payment={"type": "string", "enum": ["PAID", "OPEN"]},
    status={"type": "string", "enum": ["NEW", "SENT", "LOST"]},
    weightKilograms={"type": "number"},
    contact=obj(phones=many(TEXT)),
    street=TEXT,
    city=TEXT,
    positions=many(obj(article=TEXT, pieces=TEXT)),
    warehouses=many(obj(name=TEXT, left=NUMBER)),
)

OLD = description(
    "/shop/v1",
    {"Order": ORDER},
    read("listOrders", "/shops/{shop}/orders", many(ref("Order")), "state", "verbose"),
    read("getOrder", "/shops/{shop}/orders/{orderNumber}", ref("Order")),
    read("getOpen", "/shops/{shop}/open", {"type": "boolean"}),
)
NEW = description(
    "/shop/v2",
    {"Purchase": PURCHASE},
    read("listPurchases", "/stores/{shop}/purchases", obj(data=obj(purchases=many(ref("Purchase")))), "status"),
    read("getPurchase", "/stores/{shop}/purchases/{number}", ref("Purchase")),
    read("getOpening", "/stores/{shop}/opening", {"type": "boolean"}),
)


def order(number):
    """Return one order as both versions say it."""
    chance = random.Random(number)
    status, payment = ("NEW", "SENT", "SENT", "LOST")[number % 4], chance.choice(["PAID", "OPEN"])
    phones = [f"+43 {chance.randint(100, 999)}" for _ in range(chance.randint(1, 2))]
    street, city = f"Lane {number}", chance.choice(["Graz", "Linz", "Wien"])
    lines = [(f"a{chance.randint(1, 50)}", chance.randint(1, 9)) for _ in range(chance.randint(1, 3))]
    stock = {name: chance.randint(0, 90) for name in ("north", "south")}
    new = {
        "number": number,
        "createdDate": f"2026-01-{number % 28 + 1:02}T09:00:00Z",
        "payment": payment,
        "status": status,
        "weightKilograms": chance.randint(1, 40) / 4,
        "contact": {"phones": phones},
        "street": street,
        "city": city,
        "positions": [{"article": article, "pieces": str(pieces)} for article, pieces in lines],
        "warehouses": [{"name": name, "left": left} for name, left in stock.items()],
    }
    old = {
        "orderNumber": str(number),
        "createdAt": new["createdDate"],
        "paid": payment == "PAID",
        "state": status.lower(),
        "phone": phones[0],
        "address": {"street": street, "city": city},
        "shop": "corner",
        "channel": "web",
        "stock": {name: {"left": left} for name, left in stock.items()},
        "lines": [{"article": article, "pieces": pieces} for article, pieces in lines],
        "weightGrams": round(new["weightKilograms"] * 1000),
    }
    return old, new


def pairs():
    """Return pairs of gets, and one of a list."""
    both = [order(number) for number in range(700, 712)]
    path = "/shop/v1/shops/corner/orders"
    gets = [{"path": f"{path}/{old['orderNumber']}", "old": old, "new": new} for old, new in both]
    page = {
        "path": path,
        "old": [old for old, _ in both[:4]],
        "new": {"data": {"purchases": [new for _, new in both[:4]]}},
    }
    return [*gets, page]
