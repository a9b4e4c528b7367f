package io.jukung.runtime.volume;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.fs.DiskUsage;
import io.jukung.linux.fs.Fd;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.call.NamedLocks;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volumes of the node. A container uses a volume by a mount whose source is the directory of
 * the volume; a volume that a container uses is not removed. Thread-safe: each volume has two
 * locks, by its name. One is for what exists and who uses it. The other is for mounts, and may be
 * held as long as a server does not answer; who takes both takes it second, and only for a volume
 * without users, of which nobody begins to mount it.
 */
public final class Volumes {
  private static final Logger LOG = LoggerFactory.getLogger(Volumes.class);

  /** Docker's pattern; the limit is that of a file's name, less than a suffix. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{1,199}");

  private final VolumeFiles files;
  private final ContainerStore containers;
  private final VolumeSources paths;
  private final NamedLocks locks = new NamedLocks();
  private final NamedLocks mounting = new NamedLocks();
  private final Map<String, VolumeRecord> byName = new ConcurrentHashMap<>();

  /** The containers that are being created, by the id of a volume that they will use. */
  private final Map<String, Set<String>> creations = new ConcurrentHashMap<>();

  private final VolumeReservations reservations = new VolumeReservations(System::nanoTime);

  /** The containers that are being started with a volume that has to be mounted. */
  private final Set<String> starting = ConcurrentHashMap.newKeySet();

  /** Does what need not be done before the daemon serves. */
  private final Executor background;

  private final VolumeMounts.Mounter mounter;

  /** Makes an empty store. {@link #load} fills it. */
  public Volumes(StateFiles files, ContainerStore containers) {
    // Not on a virtual thread, whose carrier would be blocked by the disk.
    this(
        files,
        containers,
        work -> Thread.ofPlatform().daemon().name("volumes").start(work),
        VolumeMounts::ensureMounted);
  }

  Volumes(
      StateFiles files,
      ContainerStore containers,
      Executor background,
      VolumeMounts.Mounter mounter) {
    this.background = background;
    this.mounter = mounter;
    this.files = new VolumeFiles(files);
    this.containers = containers;
    this.paths = new VolumeSources(files.paths().volumes());
  }

  /**
   * Reads the volumes of an earlier daemon. To be called before anything else. What that daemon has
   * copied in part is completed or deleted in the background, as it may take gigabytes.
   */
  public void load() throws IOException {
    List<VolumeRecord> unfinished = new ArrayList<>();
    for (VolumeRecord each : files.load()) {
      VolumeRecord other = byName.putIfAbsent(each.name(), each);
      if (other != null) {
        LOG.error("volume {} has the name of volume {}: {}", each.id(), other.id(), each.name());
      } else if (isUnfinished(each)) {
        unfinished.add(each);
      }
    }
    if (!unfinished.isEmpty()) {
      background.execute(() -> unfinished.forEach(this::finish));
    }
  }

  private boolean isUnfinished(VolumeRecord volume) {
    try {
      return VolumeContent.isUnfinished(files.directory(volume.id()));
    } catch (IOException e) {
      LOG.error("volume {}: {}", volume.name(), e.getMessage());
      return false;
    }
  }

  private void finish(VolumeRecord volume) {
    try (NamedLocks.Held _ = locks.acquire(volume.name())) {
      if (volume.equals(byName.get(volume.name()))) {
        VolumeContent.finish(files.directory(volume.id()));
      } // else it was removed meanwhile
    } catch (IOException e) {
      LOG.error("volume {}: the copy of an image's content: {}", volume.name(), e.getMessage());
    }
  }

  /** Whether a volume can have this name. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  /** All volumes, in the order of their names. */
  List<VolumeRecord> all() {
    return byName.values().stream().sorted((a, b) -> a.name().compareTo(b.name())).toList();
  }

  Optional<VolumeRecord> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  Path data(VolumeRecord volume) {
    return files.data(volume.id());
  }

  /** What the content takes on the disk; nothing for a volume with options. */
  DiskUsage usage(VolumeRecord volume) throws IOException {
    return volume.isDirectory() ? DiskUsage.of(data(volume)) : DiskUsage.NONE;
  }

  /**
   * Makes a volume, or finds the one that was made in the same way.
   *
   * @param name empty for an anonymous volume
   * @param forContainer whether {@link #removeUnused} leaves the volume alone until a container is
   *     created that uses it, or a minute has passed
   * @throws CriException ALREADY_EXISTS if it exists with other options or labels
   */
  VolumeRecord create(
      String name, Map<String, String> options, Map<String, String> labels, boolean forContainer)
      throws IOException {
    String id = ObjectId.random();
    boolean anonymous = name.isEmpty();
    String known = anonymous ? id : name;
    try (NamedLocks.Held _ = locks.acquire(known)) {
      VolumeRecord existing = byName.get(known);
      if (existing != null) {
        return reserved(same(existing, options, labels), forContainer);
      }
      VolumeRecord made =
          new VolumeRecord(
              VolumeRecord.VERSION, id, known, Clock.now(), anonymous, options, labels);
      boolean recorded = false;
      try {
        files.create(made);
        recorded = true;
      } finally {
        if (!recorded) {
          files.delete(id);
        }
      }
      byName.put(known, made);
      LOG.info("volume {} created", known);
      return reserved(made, forContainer);
    }
  }

  private VolumeRecord reserved(VolumeRecord volume, boolean forContainer) {
    if (forContainer) {
      reservations.add(volume.id());
    }
    return volume;
  }

  private static VolumeRecord same(
      VolumeRecord existing, Map<String, String> options, Map<String, String> labels) {
    boolean otherLabels = !labels.isEmpty() && !existing.labels().equals(labels);
    if (otherLabels || (!options.isEmpty() && !existing.options().equals(options))) {
      throw new CriException(
          ErrorKind.ALREADY_EXISTS,
          "volume " + existing.name() + " exists with other options or labels");
    }
    return existing;
  }

  /**
   * Removes a volume with its content.
   *
   * @return what the content took on the disk
   * @throws CriException FAILED_PRECONDITION if a container uses it; the message names them
   */
  DiskUsage remove(String name) throws IOException {
    return remove(name, _ -> {});
  }

  /**
   * As {@link #remove(String)}, but leaves alone what was made for a container that does not exist
   * yet.
   *
   * @throws CriException FAILED_PRECONDITION also in that case
   */
  DiskUsage removeUnused(String name) throws IOException {
    return remove(
        name,
        volume -> {
          if (reservations.has(volume.id())) {
            throw CriException.failedPrecondition(
                "volume " + name + " is there for a container that is being made");
          }
        });
  }

  private DiskUsage remove(String name, Consumer<VolumeRecord> check) throws IOException {
    try (NamedLocks.Held _ = locks.acquire(name)) {
      VolumeRecord volume = get(name);
      check.accept(volume);
      Set<String> users = users(volume);
      if (!users.isEmpty()) {
        throw CriException.failedPrecondition(
            "volume " + name + " is in use by " + describe(users) + ", and is not removed");
      }
      Path data = data(volume);
      if (!volume.isDirectory()) {
        try (NamedLocks.Held _ = mounting.acquire(name)) {
          VolumeMounts.unmount(data);
        }
      }
      if (VolumeMounts.isMounted(data)) {
        throw CriException.failedPrecondition(
            "volume " + name + ": something is mounted in " + data + ", and it is not removed");
      }
      DiskUsage freed = usage(volume);
      try {
        files.delete(volume.id());
      } finally {
        if (Files.notExists(files.directory(volume.id()))) {
          byName.remove(name); // also if its content is still in the trash, for the next daemon
        }
      }
      LOG.info("volume {} removed", name);
      return freed;
    }
  }

  private VolumeRecord get(String name) {
    return find(name).orElseThrow(() -> CriException.notFound("there is no volume " + name));
  }

  /** The ids of the containers that use the volume, and of those that are being created for it. */
  Set<String> users(VolumeRecord volume) {
    Set<String> users = new TreeSet<>(creations.getOrDefault(volume.id(), Set.of()));
    for (Container each : containers.all()) {
      if (uses(each, volume)) {
        users.add(each.id());
      }
    }
    return users;
  }

  private String describe(Set<String> users) {
    List<String> names =
        users.stream()
            .map(
                id ->
                    containers
                        .find(id)
                        .map(each -> each.record().name().name() + " (" + shortId(id) + ")")
                        .orElse(shortId(id)))
            .toList();
    return (names.size() == 1 ? "container " : "containers ") + String.join(", ", names);
  }

  private static String shortId(String id) {
    return id.substring(0, 12);
  }

  private static List<String> sources(ContainerRecord container) {
    return container.mounts().stream().map(ContainerRecord.Mount::hostPath).toList();
  }

  private boolean uses(Container container, VolumeRecord volume) {
    return sources(container.record()).stream()
        .anyMatch(each -> paths.id(each).filter(volume.id()::equals).isPresent());
  }

  /** The volumes that have the sources of mounts; mounts of other paths are left out. */
  private List<VolumeRecord> at(Collection<String> sources) {
    return sources.stream()
        .flatMap(each -> paths.id(each).stream())
        .distinct()
        .flatMap(id -> byName.values().stream().filter(each -> each.id().equals(id)))
        .toList();
  }

  /** Keeps volumes from being removed while a container that will use them is created. */
  public final class Hold implements AutoCloseable {
    private final String containerId;
    private final List<VolumeRecord> volumes;

    private Hold(String containerId, List<VolumeRecord> volumes) {
      this.containerId = containerId;
      this.volumes = volumes;
    }

    /**
     * Copies what the container's image has at the path into the volume, if it is an empty
     * directory. Does nothing if the source is no volume, or only a directory in one.
     *
     * @param container the container's root file system
     */
    public void fill(String source, Path destination, Fd container) throws IOException {
      if (!paths.isWhole(source)) {
        return;
      }
      for (VolumeRecord volume : at(List.of(source))) {
        if (volume.isDirectory() && volumes.contains(volume)) {
          try (NamedLocks.Held _ = locks.acquire(volume.name())) {
            VolumeContent.fill(files.directory(volume.id()), container, destination);
          }
        }
      }
    }

    @Override
    public void close() {
      volumes.forEach(
          each ->
              creations.computeIfPresent(
                  each.id(),
                  (_, ids) -> {
                    ids.remove(containerId);
                    return ids.isEmpty() ? null : ids;
                  }));
    }
  }

  /**
   * Holds the volumes that a new container will use.
   *
   * @param sources the sources of all mounts of the container
   * @throws CriException NOT_FOUND if a source is the content of a volume that does not exist
   */
  public Hold hold(String containerId, Collection<String> sources) {
    List<VolumeRecord> volumes = at(sources);
    Hold hold = new Hold(containerId, volumes);
    boolean held = false;
    try {
      for (VolumeRecord each : volumes) {
        try (NamedLocks.Held _ = locks.acquire(each.name())) {
          creations.compute(each.id(), (_, ids) -> plus(ids, containerId));
          reservations.take(each.id());
        }
      }
      requireVolumes(sources);
      held = true;
      return hold;
    } finally {
      if (!held) {
        hold.close();
      }
    }
  }

  private static Set<String> plus(@Nullable Set<String> ids, String id) {
    Set<String> all = ids == null ? ConcurrentHashMap.newKeySet() : ids;
    all.add(id);
    return all;
  }

  /** A volume may have been removed after its path was handed out: it must not be made again. */
  private void requireVolumes(Collection<String> sources) {
    for (String each : sources) {
      if (paths.id(each).isPresent() && at(List.of(each)).isEmpty()) {
        throw CriException.notFound("the volume in " + each + " was removed");
      }
    }
  }

  /** Ends the start of a container that uses mounted volumes. */
  @FunctionalInterface
  public interface Start extends AutoCloseable {
    @Override
    void close();
  }

  /** Whether the container uses volumes that have to be mounted while it runs. */
  public boolean needsMounts(Container container) {
    return at(sources(container.record())).stream().anyMatch(each -> !each.isDirectory());
  }

  /**
   * Mounts the volumes of a container that is about to be started. They stay mounted if the
   * container runs when the result is closed. May block: a server may not answer.
   */
  public Start mountFor(Container container) throws IOException {
    starting.add(container.id());
    boolean mounted = false;
    try {
      for (VolumeRecord each : at(sources(container.record()))) {
        if (!each.isDirectory()) {
          try (NamedLocks.Held _ = mounting.acquire(each.name())) {
            mounter.ensureMounted(each, data(each));
          }
        }
      }
      mounted = true;
      return () -> started(container);
    } finally {
      if (!mounted) {
        started(container);
      }
    }
  }

  private void started(Container container) {
    starting.remove(container.id());
    release(container);
  }

  /** Unmounts the volumes of a container that has ended, unless another one runs with them. */
  void release(Container container) {
    at(sources(container.record())).forEach(this::unmountUnlessUsed);
  }

  /**
   * Unmounts the volumes with which no container runs. To be called when the pods of an earlier
   * daemon are taken up.
   */
  public void unmountUnused() {
    all().forEach(this::unmountUnlessUsed);
  }

  private void unmountUnlessUsed(VolumeRecord volume) {
    if (volume.isDirectory() || isRunningWith(volume)) {
      return; // the last one that runs or starts unmounts it; nobody waits for a start here
    }
    try (NamedLocks.Held _ = mounting.acquire(volume.name())) {
      if (!isRunningWith(volume)) {
        VolumeMounts.unmount(data(volume));
      }
    } catch (IOException e) {
      LOG.warn(
          "volume {} stays mounted until its removal, or the next daemon starts: {}",
          volume.name(),
          e.getMessage());
    }
  }

  /** A container that an earlier daemon has left counts until it is known to have ended. */
  private boolean isRunningWith(VolumeRecord volume) {
    return containers.all().stream()
        .filter(each -> each.status().mayRun() || starting.contains(each.id()))
        .anyMatch(each -> uses(each, volume));
  }
}
