"""The Dapr definitions agree with the code and with what is known to be safe."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from chat_api.service_layer import handlers as chat_api
from notification.service_layer import subscriptions as notification
from recurring.service_layer import subscriptions as recurring
from stack.layout import SERVICES, TOPICS

RESOURCES = Path(__file__).parents[2] / "deploy/dapr/resources"


def _enqueue_nothing(delivery: UUID) -> None:
    """No event is handled here."""


SUBSCRIBED = {
    "chat-api": {str(topic) for topic in chat_api.SUBSCRIPTIONS.topics},
    "notification": {str(topic) for topic in notification.subscriptions(_enqueue_nothing).topics},
    "recurring": {str(topic) for topic in recurring.SUBSCRIPTIONS.topics},
}
PUBLISHED = {
    "chat-api": {"task-events", "reminder-events", "user-events"},
    "notification": {"reminder-events"},
    "recurring": {"recurring-events"},
}
APPS = sorted(SUBSCRIBED)


def documents() -> list[dict[str, Any]]:
    return [document for file in sorted(RESOURCES.glob("*.yaml")) for document in yaml.safe_load_all(file.read_text())]


def subscriptions() -> dict[str, dict[str, dict[str, Any]]]:
    """By app and topic."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for document in documents():
        if document["kind"] == "Subscription":
            [app] = document["scopes"]
            assert document["spec"]["topic"] not in found[app]
            found[app][document["spec"]["topic"]] = document["spec"]
    return found


def component() -> dict[str, Any]:
    [found] = [document for document in documents() if document["kind"] == "Component"]
    return found


def scopes(name: str) -> dict[str, set[str]]:
    [value] = [item["value"] for item in component()["spec"]["metadata"] if item["name"] == name]
    return {app: set(topics.split(",")) for app, _, topics in (part.partition("=") for part in value.split(";"))}


def test_the_apps_are_the_services_of_the_stack() -> None:
    assert sorted(service.app_id for service in SERVICES) == APPS
    assert sorted(component()["scopes"]) == APPS


@pytest.mark.parametrize("app", APPS)
def test_each_service_subscribes_to_its_topics_and_its_own_dead_letters(app: str) -> None:
    assert set(subscriptions()[app]) == SUBSCRIBED[app] | {f"{app}-dead-letters"}


@pytest.mark.parametrize("app", APPS)
def test_events_come_in_bulk_on_one_path_per_topic_with_a_dead_letter_topic(app: str) -> None:
    for topic in SUBSCRIBED[app]:
        subscription = subscriptions()[app][topic]
        assert subscription["routes"] == {"default": f"/events/{topic}"}
        assert subscription["bulkSubscribe"]["enabled"] is True
        assert subscription["deadLetterTopic"] == f"{app}-dead-letters"


@pytest.mark.parametrize("app", APPS)
def test_dead_letters_come_raw_and_one_by_one(app: str) -> None:
    subscription = subscriptions()[app][f"{app}-dead-letters"]
    assert subscription["metadata"] == {"rawPayload": "true"}
    assert subscription["routes"] == {"default": f"/events/{app}-dead-letters"}
    assert "bulkSubscribe" not in subscription
    assert "deadLetterTopic" not in subscription


@pytest.mark.parametrize("app", APPS)
def test_an_app_may_touch_its_own_topics_only(app: str) -> None:
    assert scopes("subscriptionScopes")[app] == SUBSCRIBED[app] | {f"{app}-dead-letters"}
    assert scopes("publishingScopes")[app] == PUBLISHED[app] | {f"{app}-dead-letters"}


def test_every_topic_is_protected() -> None:
    [protected] = [item["value"] for item in component()["spec"]["metadata"] if item["name"] == "protectedTopics"]
    assert set(protected.split(",")) == set(TOPICS)


def test_a_delivery_that_fails_at_once_is_retried_for_less_than_ten_seconds() -> None:
    [policies] = [document["spec"]["policies"] for document in documents() if document["kind"] == "Resiliency"]
    retry = policies["retries"]["delivery"]
    most = float(re.sub("s$", "", retry["maxInterval"]))
    longest = sum(1.5 * min(0.5 * 1.5**number, most) for number in range(retry["maxRetries"]))
    assert 0 < longest < 10
    assert retry["policy"] == "exponential"
