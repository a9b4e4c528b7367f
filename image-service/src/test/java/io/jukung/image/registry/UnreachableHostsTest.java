package io.jukung.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UnreachableHostsTest {
  private final AtomicLong now = new AtomicLong();
  private final UnreachableHosts hosts = new UnreachableHosts(now::get);

  private static RegistryHost host(String url) {
    return new RegistryHost(
        URI.create(url),
        false,
        EnumSet.of(RegistryHost.Capability.PULL),
        Map.of(),
        Optional.empty(),
        RegistryHost.Tls.SYSTEM,
        "test");
  }

  @Test
  void hostIsAvoidedUntilItAnswersOrTheTimeIsOver() {
    assertThat(hosts.isAvoided(host("https://a"))).isFalse();
    hosts.failed(host("https://a"));
    assertThat(hosts.isAvoided(host("https://a"))).isTrue();
    assertThat(hosts.isAvoided(host("https://b"))).isFalse();
    hosts.answered(host("https://a"));
    assertThat(hosts.isAvoided(host("https://a"))).isFalse();

    hosts.failed(host("https://a"));
    now.addAndGet(UnreachableHosts.MEMORY.toNanos());
    assertThat(hosts.isAvoided(host("https://a"))).isTrue();
    now.incrementAndGet();
    assertThat(hosts.isAvoided(host("https://a"))).isFalse();
  }
}
