"""What is printed at the start."""

from local.tour import tour


def test_the_tour_names_every_address_and_calls_the_first_example() -> None:
    examples = {
        "Example API": "http://localhost:1",
        "Example, REST": "http://localhost:2/live",
        "Example, chat": "ws://localhost:3/live",
    }
    text = tour("http://localhost:0", examples, "ada@example.com", "secret", None)
    assert (
        "  Example API    http://localhost:1\n  Example, REST  http://localhost:2/live\n  Example, chat  ws://localhost:3/live\n"
        in text
    )
    assert 'curl -s http://localhost:1/me -H "authorization: Bearer $ACCESS"' in text


def test_without_examples_there_is_no_word_of_them() -> None:
    text = tour("http://localhost:0", {}, "ada@example.com", "secret", "http://localhost:8000")
    assert "Example" not in text
    assert "Another team" not in text
    assert text.endswith("gone then, except for the tables at http://localhost:8000.\n")
