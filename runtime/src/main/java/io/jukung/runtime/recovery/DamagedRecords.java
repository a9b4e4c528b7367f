package io.jukung.runtime.recovery;

import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes new records for sandboxes and containers whose records are damaged, from all else that is
 * known of them. A sandbox is NOT_READY then, so that kubelet stops and removes it, which releases
 * all that it has. Copies of the damaged files are kept for a person.
 */
final class DamagedRecords {
  private static final Logger LOG = LoggerFactory.getLogger(DamagedRecords.class);

  /** Copies that are kept, the newest ones. Damage is rare, and a person looks at the last. */
  private static final int MAX_COPIES = 64;

  private static final int SHORT_ID = 13;

  // What kubelet labels containers with.
  private static final String POD_NAME = "io.kubernetes.pod.name";
  private static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
  private static final String POD_UID = "io.kubernetes.pod.uid";

  private final StateFiles files;
  private final PodCgroups cgroups;

  DamagedRecords(StateFiles files, PodCgroups cgroups) {
    this.files = files;
    this.cgroups = cgroups;
  }

  /**
   * Makes and writes a new record of a sandbox.
   *
   * @param containers the records of its containers
   */
  SandboxRecord sandbox(String id, Collection<ContainerRecord> containers, Exception why)
      throws IOException {
    keep(id, files.paths().sandboxStatus(id), why);
    Optional<SandboxRecord> first = firstRecord(id);
    SandboxRecord record = (first.isPresent() ? first.get() : guess(id, containers)).notReady();
    files.writeSandbox(record);
    return record;
  }

  private Optional<SandboxRecord> firstRecord(String id) {
    try {
      SandboxRecord first = files.readFirstSandbox(id);
      return Optional.of(first)
          .filter(record -> record.version() == SandboxRecord.VERSION && record.id().equals(id));
    } catch (IOException | RuntimeException e) {
      keep(id, files.paths().sandboxRecord(id), e);
      return Optional.empty();
    }
  }

  /** A record from what the pod has: its pins, and the records of its containers. */
  private SandboxRecord guess(String id, Collection<ContainerRecord> containers)
      throws IOException {
    Map<String, String> labels =
        containers.stream()
            .map(ContainerRecord::labels)
            .filter(each -> each.containsKey(POD_UID))
            .findFirst()
            .orElse(Map.of());
    boolean hasNetwork = isPinned(id, Namespace.NETWORK.procName());
    SandboxName name =
        new SandboxName(
            labels.getOrDefault(POD_NAME, "damaged-" + id.substring(0, SHORT_ID)),
            labels.getOrDefault(POD_UID, ""),
            labels.getOrDefault(POD_NAMESPACE, ""),
            0);
    SandboxConfig config =
        new SandboxConfig(
            "",
            "",
            null,
            List.of(),
            labels,
            Map.of(),
            cgroupParent(id, containers),
            Map.of(),
            owner(hasNetwork),
            isPinned(id, "pid") ? NamespaceOwner.POD : NamespaceOwner.CONTAINER,
            owner(isPinned(id, Namespace.IPC.procName())),
            false,
            null);
    return new SandboxRecord(
        SandboxRecord.VERSION,
        id,
        name,
        SandboxRecord.State.NOT_READY,
        createdAt(files.paths().sandbox(id)),
        "",
        config,
        hasNetwork,
        List.of(),
        0,
        null);
  }

  private boolean isPinned(String id, String type) {
    return Files.exists(files.paths().namespace(id, type));
  }

  private static NamespaceOwner owner(boolean isPinned) {
    return isPinned ? NamespaceOwner.POD : NamespaceOwner.NODE;
  }

  /** The parent that kubelet named for the cgroups of the pod; empty if it named none. */
  private String cgroupParent(String id, Collection<ContainerRecord> containers)
      throws IOException {
    Optional<ContainerRecord> any = containers.stream().findFirst();
    return any.isPresent() ? cgroups.parentOf(id, any.get().cgroup()) : cgroups.parentOfReaper(id);
  }

  /**
   * Makes and writes a new record of a container.
   *
   * @param sandboxes the records of all sandboxes
   * @return empty if nothing tells what sandbox the container belongs to
   */
  Optional<ContainerRecord> container(String id, Collection<SandboxRecord> sandboxes, Exception why)
      throws IOException {
    keep(id, files.paths().containerRecord(id), why);
    Optional<Spec> spec = spec(id);
    Optional<SandboxRecord> sandbox =
        sandboxes.stream()
            .filter(
                each ->
                    cgroups.container(each, id).exists()
                        || spec.filter(known -> isOf(each.id(), id, known)).isPresent())
            .findFirst();
    if (sandbox.isEmpty()) {
      return Optional.empty();
    }
    ContainerRecord record = guess(id, sandbox.get());
    files.writeContainer(record);
    return Optional.of(record);
  }

  private Optional<Spec> spec(String id) {
    try {
      return Optional.of(Spec.fromJson(files.readSpec(id)));
    } catch (IOException | RuntimeException e) {
      LOG.warn("the specification of container {} is of no use: {}", id, e.getMessage());
      return Optional.empty();
    }
  }

  /** Whether the specification names the cgroup or a file of the sandbox. */
  private boolean isOf(String sandboxId, String id, Spec spec) {
    String state = files.paths().sandboxState(sandboxId) + "/";
    return spec.linux().cgroupsPath().endsWith("/" + sandboxId + "/" + id)
        || spec.linux().namespaces().stream()
            .anyMatch(each -> each.path() != null && each.path().startsWith(state))
        || spec.mounts().stream()
            .anyMatch(each -> each.source() != null && each.source().startsWith(state));
  }

  private ContainerRecord guess(String id, SandboxRecord sandbox) {
    return new ContainerRecord(
        ContainerRecord.VERSION,
        id,
        new ContainerName(sandbox.id(), "damaged-" + id.substring(0, SHORT_ID), 0),
        createdAt(files.paths().container(id)),
        new ContainerRecord.ImageReference("", "", "", Map.of()),
        "",
        Map.of(),
        Map.of(),
        "",
        false,
        false,
        false,
        null,
        Signals.SIGTERM,
        NamespaceOwner.CONTAINER,
        null,
        new ContainerRecord.User(0, 0, List.of()),
        List.of(),
        null,
        cgroups.container(sandbox, id).path(),
        List.of());
  }

  private static long createdAt(Path directory) {
    try {
      return Files.getLastModifiedTime(directory).to(TimeUnit.NANOSECONDS);
    } catch (IOException e) {
      LOG.debug("{}: {}", directory, e.getMessage());
      return 0;
    }
  }

  /** Copies a file. A copy that cannot be made is no reason to keep what the pod holds. */
  private void keep(String id, Path record, Exception why) {
    Path copy =
        files
            .paths()
            .damaged()
            .resolve(System.currentTimeMillis() + "-" + id + "-" + record.getFileName());
    try {
      if (Files.isRegularFile(record, LinkOption.NOFOLLOW_LINKS)) {
        Files.copy(record, copy, StandardCopyOption.REPLACE_EXISTING);
        LOG.error("{} is damaged, and is kept as {}", record, copy, why);
      } else {
        LOG.error("{} is no file, or is missing", record, why);
      }
    } catch (IOException e) {
      LOG.error("{} is damaged, and cannot be copied to {}", record, copy, e);
    }
    dropOldCopies();
  }

  private void dropOldCopies() {
    try {
      List<String> copies =
          StateFiles.list(files.paths().damaged()).stream()
              .sorted(Comparator.reverseOrder())
              .toList();
      for (String old : copies.subList(Math.min(MAX_COPIES, copies.size()), copies.size())) {
        Files.deleteIfExists(files.paths().damaged().resolve(old));
      }
    } catch (IOException e) {
      LOG.warn("old copies of damaged records cannot be deleted: {}", e.getMessage());
    }
  }
}
