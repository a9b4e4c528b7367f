package io.jukung.runtime.life;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.client.v1.TopProcess;
import io.jukung.client.v1.TopRequest;
import io.jukung.client.v1.TopResponse;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Lists the processes of running containers, from the container's cgroup and proc(5). */
public final class ProcessList {
  /** As many as a container usually may have. The others are left out. */
  private static final int MAX_PROCESSES = 10_000;

  /** The beginning of a command line is enough to know a process by. */
  private static final int MAX_COMMAND_BYTES = 4096;

  /** /proc/PID/stat and /proc/stat's line btime are shorter. */
  private static final int MAX_STAT_BYTES = 64 << 10;

  /** USER_HZ of the Linux ABI, in which proc(5) counts time, is 100 on x86_64 and aarch64. */
  private static final long NANOSECONDS_PER_TICK = 10_000_000L;

  private final OwnContainers containers;
  private final PodCgroups cgroups;

  public ProcessList(OwnContainers containers, PodCgroups cgroups) {
    this.containers = containers;
    this.cgroups = cgroups;
  }

  public TopResponse call(TopRequest request) throws IOException {
    Container container = containers.get(request.getContainerId());
    OwnContainers.requireRunning("Top", container);
    List<Integer> pids = new ArrayList<>(cgroups.at(container.record().cgroup()).allProcesses());
    Collections.sort(pids);
    long bootTime = bootTime();
    TopResponse.Builder response = TopResponse.newBuilder();
    for (int pid : pids.subList(0, Math.min(pids.size(), MAX_PROCESSES))) {
      read(pid, bootTime).ifPresent(response::addProcesses);
    }
    return response.build();
  }

  /** Reads one process; empty if it has ended. */
  private static Optional<TopProcess> read(int pid, long bootTime) throws IOException {
    // Files below the descriptor are those of one process, even if its number is used again.
    try (Fd process = HostFile.openDirectory(Path.of("/proc", Integer.toString(pid)))) {
      String stat = text(process, "stat", MAX_STAT_BYTES);
      byte[] command = beginning(process, "cmdline");
      return Optional.of(parse(pid, FileStatus.of(process).uid(), stat, command, bootTime));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Makes the answer of what proc(5) says.
   *
   * @param stat the text of /proc/PID/stat, whose second field may have any characters
   * @param command the bytes of /proc/PID/cmdline; empty for a process that has ended
   * @param bootTime seconds since the epoch
   */
  static TopProcess parse(int pid, int uid, String stat, byte[] command, long bootTime) {
    int nameEnd = stat.lastIndexOf(')');
    String name = stat.substring(stat.indexOf('(') + 1, nameEnd);
    // The first of these is field 3 of proc_pid_stat(5), the state.
    String[] fields = stat.substring(nameEnd + 2).strip().split(" ", -1);
    long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    TopProcess.Builder process =
        TopProcess.newBuilder()
            .setPid(pid)
            .setParentPid(Integer.parseInt(fields[1]))
            .setUid(uid)
            .setTty(Integer.parseInt(fields[4]))
            .setCpuTime(ticks * NANOSECONDS_PER_TICK)
            .setStartedAt(
                bootTime * 1_000_000_000L + Long.parseLong(fields[19]) * NANOSECONDS_PER_TICK);
    if (command.length == 0) {
      return process.addCommand("[" + name + "]").build();
    }
    for (String word : new String(command, UTF_8).replaceFirst("\0$", "").split("\0", -1)) {
      process.addCommand(word);
    }
    return process.build();
  }

  private static long bootTime() throws IOException {
    for (String line : HostFile.read("/proc/stat", 1 << 20).split("\n", -1)) {
      if (line.startsWith("btime ")) {
        return Long.parseLong(line.substring("btime ".length()).strip());
      }
    }
    throw new IOException("/proc/stat does not say when the node was started");
  }

  private static String text(Fd process, String file, int maxBytes) throws IOException {
    try (Fd opened = Openat2.openForReading(process, file)) {
      byte[] content = new byte[maxBytes];
      return new String(content, 0, fill(opened, content), UTF_8);
    }
  }

  private static byte[] beginning(Fd process, String file) throws IOException {
    try (Fd opened = Openat2.openForReading(process, file)) {
      byte[] content = new byte[MAX_COMMAND_BYTES];
      return Arrays.copyOf(content, fill(opened, content));
    }
  }

  private static int fill(Fd file, byte[] content) throws IOException {
    int length = 0;
    int count;
    while (length < content.length
        && (count = file.read(content, length, content.length - length)) > 0) {
      length += count;
    }
    return length;
  }
}
