package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.image.content.Digest;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.service.PullImage;
import io.jukung.image.tar.TestTar;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls while they are under way, and mirrors that are dead. Needs root. */
class ActivePullTest {
  @TempDir Path temporary;
  private final TestImage image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
  private final Digest layer = image.layers().getFirst();
  private PullFixture fixture;
  private WildRegistry registry;
  private String mirror;

  @BeforeEach
  void open() throws Exception {
    registry = WildRegistry.start();
    registry.add("app", "1", image);
    registry.add("app", "2", image);
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      mirror = "http://127.0.0.1:" + free.getLocalPort();
    }
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
    registry.close();
  }

  private record Ended(ActivePulls.Progress pull, Duration took, @Nullable ErrorKind failure) {}

  @Test
  void observerIsToldOfPullsThatSucceedAndThatFail() throws Exception {
    List<Ended> ended = new ArrayList<>();
    fixture.puller.observe((pull, took, failure) -> ended.add(new Ended(pull, took, failure)));

    fixture.pull(registry.reference("app:1"));
    fixture.refusal(registry.reference("app:unknown"));
    fixture.hosts(registry.authority(), "not = [ TOML");
    fixture.refusal(registry.reference("app:1"));

    assertThat(ended)
        .extracting(Ended::failure)
        .startsWith(null, ErrorKind.NOT_FOUND)
        .hasSize(3)
        .last()
        .isNotNull();
    assertThat(ended.getFirst().pull().hosts()).containsExactly(registry.authority());
    assertThat(ended.getFirst().pull().arrivedBytes()).isEqualTo(image.blob(layer).length);
    assertThat(ended.getFirst().took()).isPositive();
    assertThat(fixture.puller.active().list()).isEmpty();
  }

  @Test
  void pullThatKubeletHasAskedForIsListedWithItsPodAndItsRegistry() throws Exception {
    CountDownLatch listed = new CountDownLatch(1);
    registry.on(
        layer,
        (request, reply) -> {
          listed.await();
          reply.whole(200, image.blob(layer));
        });
    PullImageRequest request =
        PullImageRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage(registry.reference("app:1")))
            .setSandboxConfig(
                PodSandboxConfig.newBuilder()
                    .setMetadata(
                        PodSandboxMetadata.newBuilder().setNamespace("shop").setName("web")))
            .build();
    PullFixture.Work<String> work =
        PullFixture.start(() -> new PullImage(fixture.puller).call(request).getImageRef());
    try {
      PullFixture.await(
          "the pull is listed with its layer",
          () -> fixture.puller.active().list().stream().anyMatch(each -> each.layers() == 1));
      ActivePulls.Progress pull = fixture.puller.active().list().getFirst();
      assertThat(pull.requester()).isEqualTo("pod shop/web");
      assertThat(pull.image()).isEqualTo(registry.reference("app:1"));
      assertThat(pull.hosts()).containsExactly(registry.authority());
      assertThat(pull.totalBytes()).isEqualTo(image.blob(layer).length);
      assertThat(pull.layersDone()).isZero();
    } finally {
      listed.countDown();
    }
    assertThat(work.get()).isEqualTo(image.id());
    assertThat(fixture.puller.active().list()).isEmpty();
  }

  @Test
  void deadMirrorIsAskedLastByLaterPulls() throws Exception {
    fixture.hosts(
        registry.authority(), "server = \"%s\"\n[host.\"%s\"]\n".formatted(registry.url(), mirror));
    assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());

    int port = Integer.parseInt(mirror.substring(mirror.lastIndexOf(':') + 1));
    try (ServerSocket revived = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
      revived.setSoTimeout(1);
      assertThat(fixture.pull(registry.reference("app:2")).id()).isEqualTo(image.id());
      List<String> connections = new ArrayList<>();
      try {
        connections.add(revived.accept().toString());
      } catch (SocketTimeoutException e) {
        // Nobody has asked the mirror: it is remembered as dead.
      }
      assertThat(connections).isEmpty();
    }
  }
}
