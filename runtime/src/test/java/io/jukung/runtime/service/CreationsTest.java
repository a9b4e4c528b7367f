package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.Creation;
import io.jukung.client.v1.ListCreationsRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.runtime.pod.ListCreations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who holds a name while its pod is being made. */
@Timeout(60)
class CreationsTest {
  @TempDir private Path directory;
  private TestNode node;
  private final CountDownLatch blocked = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private boolean fails;

  @BeforeEach
  void open() throws IOException {
    node = new TestNode(directory);
    node.host.whileNamespacesAreMade =
        id -> {
          blocked.countDown();
          try {
            assertThat(release.await(30, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          if (fails) {
            throw new CriException(ErrorKind.UNAVAILABLE, "no namespaces today");
          }
        };
  }

  @AfterEach
  void close() throws Exception {
    release.countDown();
    node.cleanUp();
  }

  private List<Creation> creations() {
    return new ListCreations(node.sandboxes, node.containers)
        .call(ListCreationsRequest.getDefaultInstance())
        .getCreationsList();
  }

  private CompletableFuture<String> runPod() throws InterruptedException {
    CompletableFuture<String> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(node.runPod("web"));
              } catch (IOException | InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
              }
            });
    blocked.await();
    return result;
  }

  @Test
  void podThatIsBeingMadeIsListedWithTheCallAndItsStepUntilItExists() throws Exception {
    CompletableFuture<String> made = runPod();

    Creation creation = creations().getFirst();
    assertThat(creation.getCall()).isEqualTo("RunPodSandbox");
    assertThat(creation.getName()).isEqualTo("web");
    assertThat(creation.getNamespace())
        .isEqualTo(TestNode.pod("web").getConfig().getMetadata().getNamespace());
    assertThat(creation.getStep()).isEqualTo("namespaces");
    assertThat(creation.getStepBegunAt()).isGreaterThanOrEqualTo(creation.getBegunAt());

    release.countDown();
    assertThat(made.get()).isEqualTo(creation.getId());
    assertThat(creations()).isEmpty();
  }

  @Test
  void otherRequestForTheNameIsToldWhoHasReservedItAtWhichStep() throws Exception {
    CompletableFuture<String> made = runPod();
    RunPodSandboxRequest.Builder other = TestNode.pod("web").toBuilder();
    other.getConfigBuilder().putLabels("another", "request");

    assertThatThrownBy(() -> node.runPodSandbox.call(other.build()))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS))
        .message()
        .matches(
            "RunPodSandbox: a different request for .*web.* is running: the name is reserved for"
                + " RunPodSandbox, which began \\d+ s ago and has been at the step \"namespaces\""
                + " for \\d+ s, with id "
                + creations().getFirst().getId());

    release.countDown();
    made.get();
  }

  @Test
  void failureOfTheCallFreesTheName() throws Exception {
    fails = true;
    CompletableFuture<String> made = runPod();
    release.countDown();
    assertThatThrownBy(made::get).isInstanceOf(ExecutionException.class);

    assertThat(creations()).isEmpty();
    fails = false;
    node.runPod("web");
  }
}
