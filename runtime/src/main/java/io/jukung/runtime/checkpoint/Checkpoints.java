package io.jukung.runtime.checkpoint;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.CriException;
import io.jukung.image.commit.UpperArchive;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.RegularFile;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.container.Standstill;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.LogNames;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxStore;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes checkpoints of running containers, and clears up after a daemon that was killed while it
 * made one. The container stands still while its memory and its files are read, so that both are of
 * the same moment. Thread-safe.
 */
public final class Checkpoints {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);

  /** How long to wait for a CRIU that a killed daemon has left; longer than it may take. */
  private static final Duration LEFT_CRIU_LIMIT = Duration.ofMinutes(30);

  private static final Duration LEFT_CRIU_POLL = Duration.ofMillis(200);
  private static final String CRI_PREFIX = "io.kubernetes.cri.";
  private static final int MAX_WORK_BYTES = 64 << 10;
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Criu criu;
  private final SandboxStore sandboxes;
  private final ContainerStore containers;
  private final ContainerSpecs specs;
  private final StatePaths paths;
  private final PodCgroups cgroups;
  private final Freezer freezer;
  private final Standstill standstill;

  public Checkpoints(
      Criu criu,
      SandboxStore sandboxes,
      ContainerStore containers,
      ContainerSpecs specs,
      StatePaths paths,
      PodCgroups cgroups,
      Freezer freezer,
      Standstill standstill) {
    this.criu = criu;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.specs = specs;
    this.paths = paths;
    this.cgroups = cgroups;
    this.freezer = freezer;
    this.standstill = standstill;
  }

  /**
   * {@code work.json}: what is to be cleared up.
   *
   * @param partial the unfinished archive
   * @param thaws whether the container was not frozen before
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Work(int version, String containerId, String partial, boolean thaws) {
    static final int VERSION = 1;
  }

  /**
   * Refuses calls that must fail, before anything stands still.
   *
   * @throws CriException FAILED_PRECONDITION if CRIU is not there
   */
  public void requireCriu() {
    criu.program("CheckpointContainer");
  }

  /**
   * Makes a checkpoint. Blocks its thread in the kernel, so it must not run on a virtual thread.
   *
   * @param mayPublish asked once, when the archive is whole: whether it is to appear
   * @throws CriException FAILED_PRECONDITION if the container cannot be dumped
   */
  public void make(Container container, Path location, BooleanSupplier mayPublish)
      throws IOException, InterruptedException {
    String id = ObjectId.random();
    Path partial = ArchiveFile.partial(location, id);
    WorkFiles files = new WorkFiles(paths.checkpoints().resolve(id));
    try (Container.Reading _ = container.beginReading();
        ArchiveFile archive = ArchiveFile.at(location)) {
      StatePaths.createPrivate(files.directory());
      try {
        boolean thaws = !Freezer.isFrozen(cgroup(container));
        AtomicFile.replace(
            files.work(),
            JSON.writeValueAsBytes(
                new Work(Work.VERSION, container.id(), partial.toString(), thaws)));
        Files.createDirectory(files.images());
        byte[] config = ConfigDump.of(container.record()).toJson();
        standstill.during(container, () -> read(container, files));
        byte[] spec = described(container).toJson();
        archive.write(partial, file -> ArchiveWriter.write(files, config, spec, file));
        if (mayPublish.getAsBoolean()) {
          archive.publish(partial);
          LOG.info(
              "container {} checkpointed to {}", LogNames.container(container.record()), location);
        } else {
          archive.discard(partial);
        }
      } finally {
        removeWork(files);
      }
    }
  }

  /**
   * Removes the files of a checkpoint that is done or has failed, which it stays whatever happens
   * here. What cannot be removed is left to the next daemon.
   */
  private static void removeWork(WorkFiles files) {
    try {
      try {
        removeAll(files);
      } catch (IOException e) {
        // File systems that copy on write need space to remove something, and have more afterwards.
        LOG.debug("{}: {}", files.directory(), e.getMessage());
        removeAll(files);
      }
    } catch (IOException e) {
      LOG.warn("{} stays until the next start: {}", files.directory(), e.getMessage());
    }
  }

  /** Leaves nothing outside of the directory when it fails, as {@link TreeRemoval} alone would. */
  private static void removeAll(WorkFiles files) throws IOException {
    TreeRemoval.remove(files.images());
    TreeRemoval.remove(files.directory());
  }

  /** The specification with the annotations by which checkpointctl knows containers of a pod. */
  private Spec described(Container container) throws IOException {
    Spec spec = specs.of(container.id());
    SandboxName pod = sandboxes.get(container.record().sandboxId()).record().name();
    Map<String, String> annotations = new TreeMap<>(spec.annotations());
    annotations.put(CRI_PREFIX + "container-name", container.record().name().name());
    annotations.put(CRI_PREFIX + "sandbox-name", pod.name());
    annotations.put(CRI_PREFIX + "sandbox-namespace", pod.namespace());
    return spec.withAnnotations(annotations);
  }

  private Cgroup cgroup(Container container) {
    return cgroups.at(container.record().cgroup());
  }

  /** Reads the memory and the files of a container that stands still. */
  private void read(Container container, WorkFiles files) throws IOException {
    int pid = container.status().pid();
    Cgroup cgroup = cgroup(container);
    try (Pidfd process = Pidfd.open(pid)) {
      // Looked up while the pidfd is open, so that the pid means the same process.
      if (!cgroup.allProcesses().contains(pid)) {
        throw CriException.failedPrecondition("container " + container.id() + " has ended");
      }
      Spec spec = specs.of(container.id());
      List<String> streams = StandardStreams.of(pid);
      List<String> external = new ArrayList<>(ContainerMounts.external(spec, pid));
      external.addAll(StandardStreams.external(streams));
      criu.dump(new Criu.Subject(process, pid, cgroup.directory(), external), files);
      AtomicFile.replace(
          files.images().resolve(ArchiveNames.DESCRIPTORS), JSON.writeValueAsBytes(streams));
    } catch (CriException e) {
      throw e;
    } catch (IOException e) {
      throw CriException.failedPrecondition(
          "CheckpointContainer: container " + container.id() + " cannot be dumped: " + message(e));
    }
    UpperArchive.write(
        paths.containerUpper(container.id()),
        OwnerMap.of(sandboxes.get(container.record().sandboxId()).record().config().user()),
        files.rootDifference());
  }

  private static String message(IOException e) {
    return String.valueOf(e.getMessage());
  }

  /**
   * Clears up, in the background, what an earlier daemon has left. CRIU lives on when the daemon is
   * killed, because its end would damage the container. Only after its end the container can be
   * thawed for good.
   */
  public void recover() throws IOException {
    for (String id : StateFiles.list(paths.checkpoints())) {
      WorkFiles files = new WorkFiles(paths.checkpoints().resolve(id));
      LOG.warn("the unfinished checkpoint {} of an earlier daemon is removed", id);
      Thread.ofPlatform().daemon().name("checkpoint " + id).start(() -> clearUp(files));
    }
  }

  private void clearUp(WorkFiles files) {
    try {
      awaitLeftCriu(files.directory());
      if (Files.exists(files.work())) {
        undo(JSON.readValue(RegularFile.read(files.work(), MAX_WORK_BYTES), Work.class));
      }
      removeWork(files);
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} stays until the next start: {}", files.directory(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void undo(Work work) throws IOException {
    Files.deleteIfExists(Path.of(work.partial()));
    Optional<Container> container = containers.find(work.containerId());
    if (work.thaws() && container.isPresent()) {
      freezer.thaw(cgroup(container.get()));
    }
  }

  /** Waits until no process works in the directory. */
  private static void awaitLeftCriu(Path directory) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + LEFT_CRIU_LIMIT.toNanos();
    while (isWorkedIn(directory.toRealPath())) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("CRIU does not end");
      }
      TimeUnit.NANOSECONDS.sleep(LEFT_CRIU_POLL.toNanos());
    }
  }

  private static boolean isWorkedIn(Path directory) throws IOException {
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        try {
          if (Files.readSymbolicLink(process.resolve("cwd")).startsWith(directory)) {
            return true;
          }
        } catch (IOException e) {
          LOG.trace("{} has ended", process);
        }
      }
    }
    return false;
  }
}
