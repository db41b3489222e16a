import ssl
from pathlib import Path

import pytest
import trustme

from clew.agent.authority import trusted_by
from clew.errors import ConfigurationError


def test_an_authority_of_a_file_is_trusted(tmp_path: Path) -> None:
    """And without a file whatever is usual."""
    assert trusted_by(None) is None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = trusted_by(tmp_path / "ca.pem")
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_a_certificate_is_refused(tmp_path: Path, content: str | None) -> None:
    """The setting and the file are named."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"ca_file .*ca\.pem \(--ca-file, CLEW_CA_FILE\) can't"):
        trusted_by(path)
