from functions.runtime.bounded_cache import ENTRY_BYTES, BoundedCache

ROOM_FOR_TWO = 2 * (ENTRY_BYTES + 100)


def test_what_was_longest_unused_goes_first() -> None:
    cache = BoundedCache(most_bytes=ROOM_FOR_TWO)
    cache.put("a", 1, size=100)
    cache.put("b", 2, size=100)
    assert cache.get("a") == 1
    cache.put("c", 3, size=100)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert cache.bytes == ROOM_FOR_TWO


def test_a_new_value_takes_the_place_of_the_old_one() -> None:
    cache = BoundedCache(most_bytes=ROOM_FOR_TWO)
    for value in range(10):
        cache.put("a", value, size=100)
    assert cache.get("a") == 9
    assert cache.bytes == ROOM_FOR_TWO // 2


def test_what_is_larger_than_all_room_is_not_kept_and_displaces_nothing() -> None:
    cache = BoundedCache(most_bytes=ROOM_FOR_TWO)
    cache.put("a", 1, size=100)
    cache.put("b", 2, size=ROOM_FOR_TWO)
    assert [cache.get(key) for key in "ab"] == [1, None]
    cache.put("a", 1, size=ROOM_FOR_TWO)
    assert cache.get("a") is None
    assert cache.bytes == 0
