package io.jukung.runtime.peer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerPathTest {
  private static final String DIGEST = "sha256:" + "1".repeat(64);

  @Test
  void manifestsAndBlobsAreNamedByRegistryRepositoryAndDigest() {
    PeerPath manifest =
        PeerPath.parse("/v2/library/busybox/manifests/" + DIGEST + "?ns=docker.io").orElseThrow();
    assertThat(manifest.repository()).isEqualTo("docker.io/library/busybox");
    assertThat(manifest.manifest()).isTrue();
    PeerPath blob =
        PeerPath.parse("/v2/a/manifests/b/blobs/" + DIGEST + "?ns=r.example%3A5000").orElseThrow();
    assertThat(blob.repository()).isEqualTo("r.example:5000/a/manifests/b");
    assertThat(blob.manifest()).isFalse();
    assertThat(blob.digest()).hasToString(DIGEST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v2/_catalog?ns=docker.io",
        "/v2/a/tags/list?ns=docker.io",
        "/v2/a/blobs/DIGEST",
        "/v2/a/blobs/DIGEST?ns=",
        "/v2/a/blobs/DIGEST?ns=docker.io&ns=r.example",
        "/v2/a/manifests/latest?ns=docker.io",
        "/v2/A/blobs/DIGEST?ns=r.example",
        "/v2/../a/blobs/DIGEST?ns=r.example",
        "/v2/a%2f..%2fb/blobs/DIGEST?ns=r.example",
        "/v2/a/blobs/DIGEST/x?ns=r.example",
        "/v2//blobs/DIGEST?ns=r.example",
        "/v2/a/blobs/sha256:1?ns=r.example",
        "/v2/a%/blobs/DIGEST?ns=r.example",
      })
  void anythingElseNamesNothing(String target) {
    assertThat(PeerPath.parse(target.replace("DIGEST", DIGEST))).isEmpty();
  }
}
