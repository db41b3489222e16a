from clew.authenticate.secret import digest_of, is_secret, new_secret


def test_secrets_are_random_and_look_like_secrets() -> None:
    """Each secret is another one, of 256 bits, and is recognised by its form."""
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(is_secret(secret) and len(secret) == 48 for secret in secrets)


def test_what_is_not_written_like_a_secret_is_not_taken_for_one() -> None:
    """Other prefixes, lengths, characters, line ends and neighbours are no secrets."""
    secret = new_secret()
    others = ["", "clew_", secret[:-1], f"{secret}a", f"{secret}\n", f" {secret}", secret.upper(), f"{secret[:-1]}é"]
    assert [other for other in others if is_secret(other)] == []


def test_a_digest_says_nothing_of_the_secret() -> None:
    """The digest is the SHA-256 in hex: the same for the same secret, another for another."""
    assert len(digest_of("clew_a")) == 64
    assert digest_of("clew_a") == digest_of("clew_a") != digest_of("clew_b")
