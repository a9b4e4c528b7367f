package io.jukung.runtime.build;

import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Mount;
import io.jukung.image.build.CommandRunner;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of one command, and the files behind them. Secrets and scripts are below the state
 * directory, which is usually in memory, for as long as the command runs. Closing it removes the
 * files, but for those of caches. For one thread.
 */
final class CommandMounts implements AutoCloseable {
  private static final int TEMPORARY_MODE = 01777;
  private static final int SCRIPT_MODE = 0755;

  private final BuildDirectories directories;
  private final CacheLocks locks;
  private final BuildSecrets secrets;
  private final List<Mount> list = new ArrayList<>();
  private final List<CacheLocks.Held> held = new ArrayList<>();
  private final List<AgentSocket> sockets = new ArrayList<>();
  private final List<String> used = new ArrayList<>();
  private @Nullable Path files;
  private @Nullable Path temporary;

  CommandMounts(BuildDirectories directories, CacheLocks locks, BuildSecrets secrets) {
    this.directories = directories;
    this.locks = locks;
    this.secrets = secrets;
  }

  /** Makes the files. What was made before a failure is removed by {@link #close}. */
  void prepare(List<CommandRunner.Mount> mounts) throws IOException, InterruptedException {
    lock(mounts);
    for (CommandRunner.Mount mount : mounts) {
      switch (mount) {
        case CommandRunner.Mount.Bind bind -> add(bind.source(), bind.target(), true);
        case CommandRunner.Mount.OfImage image ->
            list.add(
                Mount.newBuilder()
                    .setContainerPath(image.target())
                    .setImage(ImageSpec.newBuilder().setImage(image.imageId()))
                    .setImageSubPath(image.path())
                    .setReadonly(true)
                    .build());
        case CommandRunner.Mount.Cache cache ->
            add(cacheDirectory(cache), cache.target(), cache.readOnly());
        case CommandRunner.Mount.Temporary empty -> add(temporary(), empty.target(), false);
        case CommandRunner.Mount.Secret secret -> {
          byte[] value = secrets.value(secret.id()).toByteArray();
          add(file(value, secret.mode(), secret.uid(), secret.gid()), secret.target(), true);
        }
        case CommandRunner.Mount.Agent agent -> add(socket(agent), agent.target(), true);
        case CommandRunner.Mount.Script script ->
            add(
                file(script.content().getBytes(StandardCharsets.UTF_8), SCRIPT_MODE, 0, 0),
                script.target(),
                true);
      }
    }
  }

  /** In the order of their names, so that two commands never wait for each other. */
  private void lock(List<CommandRunner.Mount> mounts) throws InterruptedException {
    Map<String, Boolean> wanted = new TreeMap<>();
    for (CommandRunner.Mount mount : mounts) {
      if (mount instanceof CommandRunner.Mount.Cache cache && cache.locked()) {
        wanted.put(cache.id(), true);
      }
    }
    for (String id : wanted.keySet()) {
      held.add(locks.acquire(id));
    }
  }

  private void add(Path source, String target, boolean readOnly) {
    list.add(
        Mount.newBuilder()
            .setHostPath(source.toString())
            .setContainerPath(target)
            .setReadonly(readOnly)
            .build());
  }

  /** The mounts of the container. */
  List<Mount> list() {
    return list;
  }

  private Path cacheDirectory(CommandRunner.Mount.Cache cache) throws IOException {
    Path directory = directories.caches().use(cache);
    used.add(cache.id());
    return directory;
  }

  private Path temporary() throws IOException {
    if (temporary == null) {
      temporary = Files.createTempDirectory(directories.work(), "tmp-");
    }
    Path directory = Files.createTempDirectory(temporary, "");
    own(directory, OpenFlags.O_RDONLY, TEMPORARY_MODE, 0, 0);
    return directory;
  }

  private Path socket(CommandRunner.Mount.Agent agent) throws IOException {
    String name = "agent-" + sockets.size();
    sockets.add(AgentSocket.listen(files(), name, secrets.agents(agent.id()), agent.id()));
    Path file = files().resolve(name);
    own(file, OpenFlags.O_PATH, agent.mode(), agent.uid(), agent.gid());
    return file;
  }

  private Path files() throws IOException {
    if (files == null) {
      files = Files.createTempDirectory(directories.secrets(), "");
    }
    return files;
  }

  private Path file(byte[] content, int mode, int uid, int gid) throws IOException {
    Path file =
        Files.createTempFile(
            files(),
            "",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file, content);
    own(file, OpenFlags.O_RDONLY, mode, uid, gid);
    return file;
  }

  private static void own(Path path, int flags, int mode, int uid, int gid) throws IOException {
    try (Fd opened = HostFile.open(path.toString(), flags, 0)) {
      FileAttributes.setOwner(opened, uid, gid);
      FileAttributes.setMode(opened, mode);
    }
  }

  @Override
  public void close() throws IOException {
    held.forEach(CacheLocks.Held::close);
    held.clear();
    used.forEach(directories.caches()::giveBack);
    used.clear();
    for (AgentSocket socket : sockets) {
      socket.close();
    }
    sockets.clear();
    if (files != null) {
      TreeRemoval.remove(files);
    }
    if (temporary != null) {
      TreeRemoval.remove(temporary);
    }
  }
}
