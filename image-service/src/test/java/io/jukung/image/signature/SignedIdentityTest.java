package io.jukung.image.signature;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.reference.ImageReference;
import io.jukung.image.signature.SignedIdentity.ExactReference;
import io.jukung.image.signature.SignedIdentity.ExactRepository;
import io.jukung.image.signature.SignedIdentity.MatchExact;
import io.jukung.image.signature.SignedIdentity.MatchRepoDigestOrExact;
import io.jukung.image.signature.SignedIdentity.MatchRepository;
import io.jukung.image.signature.SignedIdentity.RemapIdentity;
import org.junit.jupiter.api.Test;

class SignedIdentityTest {
  private static final String D = "@sha256:" + "1".repeat(64);
  private static final String E = "@sha256:" + "2".repeat(64);

  private static boolean matches(SignedIdentity identity, String image, String signed) {
    return identity.matches(
        ImageReference.parse(image).withoutTagIfDigest(), SignedName.parse(signed));
  }

  @Test
  void matchExactWantsTheSameTagOrDigest() {
    SignedIdentity identity = new MatchExact();
    assertThat(matches(identity, "r.example/a:1", "r.example/a:1")).isTrue();
    assertThat(matches(identity, "busybox", "docker.io/library/busybox:latest")).isTrue();
    assertThat(matches(identity, "r.example/a" + D, "r.example/a" + D)).isTrue();
    assertThat(matches(identity, "r.example/a" + D, "r.example/a" + E)).isFalse();
    assertThat(matches(identity, "r.example/a" + D, "r.example/a:1")).isFalse();
    assertThat(matches(identity, "r.example/a:1", "r.example/a:2")).isFalse();
    assertThat(matches(identity, "r.example/a:1", "r.example/b:1")).isFalse();
  }

  @Test
  void nameWithoutTagIsNotTheTagLatest() {
    assertThat(matches(new MatchExact(), "r.example/a:latest", "r.example/a")).isFalse();
    assertThat(matches(new MatchRepoDigestOrExact(), "r.example/a:latest", "r.example/a"))
        .isFalse();
    assertThat(matches(new MatchRepository(), "r.example/a:latest", "r.example/a")).isTrue();
  }

  @Test
  void matchRepoDigestOrExactWantsTheTagOnlyOfAnImageByTag() {
    SignedIdentity identity = new MatchRepoDigestOrExact();
    assertThat(matches(identity, "r.example/a:1", "r.example/a:1")).isTrue();
    assertThat(matches(identity, "r.example/a:1", "r.example/a:2")).isFalse();
    assertThat(matches(identity, "r.example/a" + D, "r.example/a:2")).isTrue();
    assertThat(matches(identity, "r.example/a" + D, "r.example/a")).isTrue();
    assertThat(matches(identity, "r.example/a" + D, "r.example/b:2")).isFalse();
  }

  @Test
  void exactNamesDoNotDependOnTheImage() {
    SignedIdentity reference = new ExactReference(SignedName.parse("r.example/a:1"));
    assertThat(matches(reference, "other.example/x:9", "r.example/a:1")).isTrue();
    assertThat(matches(reference, "r.example/a:1", "r.example/a")).isFalse();
    SignedIdentity repository = new ExactRepository("r.example/a");
    assertThat(matches(repository, "other.example/x:9", "r.example/a:7")).isTrue();
    assertThat(matches(repository, "r.example/b:1", "r.example/b:1")).isFalse();
  }

  @Test
  void remapIdentityReplacesTheBeginningOfTheName() {
    SignedIdentity identity = new RemapIdentity("mirror.example/vendor", "vendor.example");
    assertThat(matches(identity, "mirror.example/vendor/a:1", "vendor.example/a:1")).isTrue();
    assertThat(matches(identity, "mirror.example/vendor/a:1", "vendor.example/a:2")).isFalse();
    assertThat(matches(identity, "mirror.example/vendor/a" + D, "vendor.example/a:2")).isTrue();
    assertThat(matches(identity, "mirror.example/vendor/a:1", "mirror.example/vendor/a:1"))
        .isFalse();
    assertThat(matches(identity, "mirror.example/vendors/a:1", "mirror.example/vendors/a:1"))
        .isTrue();
    assertThat(matches(identity, "mirror.example/vendors/a:1", "vendor.examples/a:1")).isFalse();
  }
}
