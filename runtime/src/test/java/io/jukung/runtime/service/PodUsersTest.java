package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.own.OwnContainers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Own pods get ids for their user namespaces, and nobody else does. */
@Timeout(60)
class PodUsersTest {
  private static final long FIRST = 0x7000_0000L;
  private static final long NEXT = 0x7001_0000L;

  @TempDir private Path directory;
  private TestNode node;

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  private static RunPodSandboxRequest.Builder request(String name) {
    RunPodSandboxRequest.Builder request = TestNode.pod(name).toBuilder();
    request
        .getConfigBuilder()
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .getUsernsOptionsBuilder()
        .setMode(NamespaceMode.POD);
    return request;
  }

  private String run(String name) throws Exception {
    RunPodSandboxRequest.Builder request = request(name);
    request.getConfigBuilder().putLabels(OwnContainers.LABEL, name);
    return node.runPodSandbox.call(request.build()).getPodSandboxId();
  }

  private IdMappings ids(String sandbox) {
    return Objects.requireNonNull(node.sandboxes.get(sandbox).record().config().user());
  }

  @Test
  void eachPodHasItsOwnIdsUntilItIsRemovedAlsoAfterARestart() throws Exception {
    String first = run("first");
    String second = run("second");
    IdMappings.Range range = new IdMappings.Range(FIRST, 65_536);
    assertThat(ids(first)).isEqualTo(new IdMappings(range, range));
    assertThat(ids(second).users().firstHostId()).isEqualTo(NEXT);
    node.stopPod(first);
    node.restart();
    node.recovery.run().join();
    assertThat(ids(first).groups().firstHostId()).isEqualTo(FIRST);
    assertThat(ids(run("third")).users().firstHostId()).isEqualTo(NEXT + 65_536);
    node.removePod(first);
    assertThat(ids(run("fourth")).users().firstHostId()).isEqualTo(FIRST);
  }

  @Test
  void idsOfAPodThatCannotBeMadeAreFree() throws Exception {
    node.host.whileNamespacesAreMade =
        _ -> {
          throw new IllegalStateException("broken");
        };
    assertThatThrownBy(() -> run("broken")).hasMessageContaining("broken");
    node.host.whileNamespacesAreMade = _ -> {};
    assertThat(ids(run("next")).users().firstHostId()).isEqualTo(FIRST);
  }

  @Test
  void podsOfOthersMustNameTheirIds() {
    assertThatThrownBy(() -> node.runPodSandbox.call(request("kubelets").build()))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("userns_options.uids has 0 mappings; it takes exactly one");
    RunPodSandboxRequest.Builder disguised = request("disguised");
    disguised
        .getConfigBuilder()
        .putLabels(OwnContainers.LABEL, "x")
        .putLabels("io.kubernetes.pod.uid", "of-kubelet");
    assertThatThrownBy(() -> node.runPodSandbox.call(disguised.build()))
        .hasMessageContaining("it takes exactly one");
  }
}
