package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static final Map<String, String> ANY = Map.of();

  private final SandboxStore sandboxes = new SandboxStore();
  private final ContainerStore containers = new ContainerStore();
  private final Selection selection = new Selection(sandboxes, containers);

  @BeforeEach
  void fillStores() {
    sandboxes.add(sandbox("ab11", Map.of("app", "web", "tier", "front")));
    sandboxes.add(sandbox("ab22", Map.of("app", "db")));
    containers.add(container("cd11", "ab11", Map.of("app", "web")));
    containers.add(container("cd22", "ab11", Map.of("app", "log")));
    containers.add(container("ce33", "ab22", Map.of("app", "web")));
  }

  @Test
  void emptyFilterSelectsEverything() {
    assertThat(sandboxIds("", ANY)).containsExactly("ab11", "ab22");
    assertThat(containerIds("", "", ANY)).containsExactly("cd11", "cd22", "ce33");
  }

  @Test
  void idAndItsFirstCharactersSelectOneObject() {
    assertThat(sandboxIds("ab22", ANY)).containsExactly("ab22");
    assertThat(sandboxIds("ab2", ANY)).containsExactly("ab22");
    assertThat(containerIds("ce", "", ANY)).containsExactly("ce33");
  }

  @Test
  void ambiguousOrUnknownIdSelectsNothing() {
    assertThat(sandboxIds("ab", ANY)).isEmpty();
    assertThat(sandboxIds("x", ANY)).isEmpty();
    assertThat(containerIds("cd", "", ANY)).isEmpty();
    assertThat(containerIds("", "ab", ANY)).isEmpty();
    assertThat(containerIds("", "x", ANY)).isEmpty();
  }

  @Test
  void containersAreSelectedByTheirSandbox() {
    assertThat(containerIds("", "ab1", ANY)).containsExactly("cd11", "cd22");
    assertThat(containerIds("ce33", "ab1", ANY)).isEmpty();
  }

  @Test
  void everyLabelOfTheFilterMustMatch() {
    assertThat(sandboxIds("", Map.of("app", "web"))).containsExactly("ab11");
    assertThat(sandboxIds("", Map.of("app", "web", "tier", "back"))).isEmpty();
    assertThat(sandboxIds("ab22", Map.of("app", "web"))).isEmpty();
    assertThat(containerIds("", "", Map.of("app", "web"))).containsExactly("cd11", "ce33");
    assertThat(containerIds("", "ab11", Map.of("app", "web"))).containsExactly("cd11");
  }

  private List<String> sandboxIds(String id, Map<String, String> labels) {
    return selection.sandboxes(id, labels).stream().map(Sandbox::id).toList();
  }

  private List<String> containerIds(String id, String sandboxId, Map<String, String> labels) {
    return selection.containers(id, sandboxId, labels).stream().map(Container::id).toList();
  }

  private static Sandbox sandbox(String id, Map<String, String> labels) {
    return new Sandbox(
        new SandboxRecord(
            SandboxRecord.VERSION,
            id,
            new SandboxName(id, "", "", 0),
            SandboxRecord.State.READY,
            1,
            "",
            new SandboxRecord.SandboxConfig(
                "",
                "",
                null,
                List.of(),
                labels,
                Map.of(),
                "",
                Map.of(),
                NamespaceOwner.POD,
                NamespaceOwner.POD,
                NamespaceOwner.POD,
                false,
                null),
            false,
            List.of(),
            0,
            null));
  }

  private static Container container(String id, String sandboxId, Map<String, String> labels) {
    ContainerRecord record =
        new ContainerRecord(
            ContainerRecord.VERSION,
            id,
            new ContainerName(sandboxId, id, 0),
            1,
            new ContainerRecord.ImageReference("image", "", "", Map.of()),
            "",
            labels,
            Map.of(),
            "",
            false,
            false,
            false,
            null,
            15,
            NamespaceOwner.POD,
            null,
            new ContainerRecord.User(0, 0, List.of()),
            List.of(),
            null,
            "",
            List.of());
    StateFiles files = new StateFiles(new StatePaths(Path.of("/unused"), Path.of("/unused")));
    return new Container(files, record, ContainerStatusRecord.created());
  }
}
