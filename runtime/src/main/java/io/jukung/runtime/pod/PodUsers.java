package io.jukung.runtime.pod;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Chooses the ids of the user namespaces of own pods, as kubelet chooses those of its pods. No two
 * pods of the node have the same ids. A pod keeps its ids, which its record has, until it is
 * removed: the files of its writable layer belong to them. Thread-safe.
 */
public final class PodUsers {
  private final SandboxStore sandboxes;
  private final Path userFile;
  private final Path groupFile;

  /** The ids of pods that are being made and are not in the store yet, by sandbox id. */
  private final Map<String, IdMappings> reserved = new HashMap<>();

  /**
   * @param etc the directory with the files subuid and subgid
   */
  public PodUsers(SandboxStore sandboxes, Path etc) {
    this.sandboxes = sandboxes;
    this.userFile = etc.resolve("subuid");
    this.groupFile = etc.resolve("subgid");
  }

  /** Whether an own pod asks for a user namespace without saying which ids it shall have. */
  public static boolean areToBeChosen(PodSandboxConfig config) {
    UserNamespace asked =
        config.getLinux().getSecurityContext().getNamespaceOptions().getUsernsOptions();
    return OwnContainers.isOwn(config.getLabelsMap())
        && asked.equals(UserNamespace.newBuilder().setMode(NamespaceMode.POD).build())
        && config.getLinux().getSecurityContext().getNamespaceOptions().hasUsernsOptions();
  }

  /**
   * Returns the record with ids for its user namespace. They stay the pod's until {@link #release},
   * and after that as long as the store has the pod.
   */
  public synchronized SandboxRecord reserve(SandboxRecord sandbox) throws IOException {
    IdMappings chosen =
        new IdMappings(
            SubordinateIds.read(userFile).free(inUse(IdMappings::users), userFile),
            SubordinateIds.read(groupFile).free(inUse(IdMappings::groups), groupFile));
    reserved.put(sandbox.id(), chosen);
    return sandbox.withUser(chosen);
  }

  /** Ends the reservation. To be called when the pod is in the store, or undone. */
  public synchronized void release(String sandboxId) {
    reserved.remove(sandboxId);
  }

  private Collection<IdMappings.Range> inUse(Function<IdMappings, IdMappings.Range> part) {
    List<IdMappings> ofPods =
        sandboxes.all().stream()
            .map(Sandbox::record)
            .map(record -> record.config().user())
            .filter(Objects::nonNull)
            .toList();
    return Stream.concat(ofPods.stream(), reserved.values().stream()).map(part).toList();
  }
}
