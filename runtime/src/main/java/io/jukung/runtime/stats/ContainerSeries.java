package io.jukung.runtime.stats;

import static io.jukung.runtime.stats.MetricFamily.FILE_DESCRIPTORS;
import static io.jukung.runtime.stats.MetricFamily.FS_INODES_FREE;
import static io.jukung.runtime.stats.MetricFamily.FS_INODES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.FS_LIMIT_BYTES;
import static io.jukung.runtime.stats.MetricFamily.FS_USAGE_BYTES;
import static io.jukung.runtime.stats.MetricFamily.LAST_SEEN;
import static io.jukung.runtime.stats.MetricFamily.SOCKETS;
import static io.jukung.runtime.stats.MetricFamily.SPEC_CPU_PERIOD;
import static io.jukung.runtime.stats.MetricFamily.SPEC_CPU_QUOTA;
import static io.jukung.runtime.stats.MetricFamily.SPEC_CPU_SHARES;
import static io.jukung.runtime.stats.MetricFamily.SPEC_MEMORY_LIMIT_BYTES;
import static io.jukung.runtime.stats.MetricFamily.SPEC_MEMORY_SWAP_LIMIT_BYTES;
import static io.jukung.runtime.stats.MetricFamily.START_TIME_SECONDS;
import static io.jukung.runtime.stats.MetricFamily.ULIMITS_SOFT;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.ContainerStatusRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The metrics that only containers have, and pods do not. */
public final class ContainerSeries {
  private static final Path PROC = Path.of("/proc");
  private static final String OPEN_FILES = "Max open files";

  private final MetricSeries series;

  /**
   * Metrics of one container.
   *
   * @param series receives the metrics
   */
  public ContainerSeries(MetricSeries series) {
    this.series = series;
  }

  /** Adds when the container was started and last seen. */
  public void addTimes(ContainerStatusRecord status) {
    series.add(START_TIME_SECONDS, TimeUnit.NANOSECONDS.toSeconds(status.startedAt()));
    series.add(LAST_SEEN, TimeUnit.NANOSECONDS.toSeconds(series.time()));
  }

  /**
   * Adds the limits in force.
   *
   * @param limits what was asked for; null if nothing was
   * @param memoryMax bytes in the cgroup's memory.max, which the kernel rounds down to whole pages;
   *     empty if the file does not exist or says that there is no limit
   */
  public void addLimits(@Nullable Resources limits, OptionalLong memoryMax) {
    series.add(
        SPEC_MEMORY_LIMIT_BYTES, memoryMax.orElse(limits == null ? 0 : limits.memoryLimitBytes()));
    series.add(
        SPEC_MEMORY_SWAP_LIMIT_BYTES,
        limits == null ? 0 : Math.max(0, limits.memorySwapLimitBytes()));
    if (limits != null) {
      addIfSet(SPEC_CPU_PERIOD, limits.cpuPeriod());
      addIfSet(SPEC_CPU_QUOTA, limits.cpuQuota());
      addIfSet(SPEC_CPU_SHARES, limits.cpuShares());
    }
  }

  private void addIfSet(MetricFamily family, long limit) {
    if (limit > 0) {
      series.add(family, limit);
    }
  }

  /** Adds the size of the writable layer, and of the file system that the layer is on. */
  public void addFilesystem(Filesystem filesystem, WritableLayers.@Nullable Count layer) {
    String device = filesystem.device();
    series.add(FS_LIMIT_BYTES, filesystem.status().totalBytes(), device);
    series.add(FS_INODES_TOTAL, filesystem.status().totalInodes(), device);
    series.add(FS_INODES_FREE, filesystem.status().freeInodes(), device);
    if (layer != null) {
      series.add(FS_USAGE_BYTES, layer.usage().bytes(), device);
    }
  }

  /**
   * Adds how many descriptors and sockets the container's processes have open. Processes that end
   * during the call may be counted in part.
   *
   * @param processes all processes of the container
   * @param firstPid the process whose limits are reported
   */
  public void addProcesses(List<Integer> processes, int firstPid) throws IOException {
    long descriptors = 0;
    long sockets = 0;
    for (int pid : processes) {
      Path directory = PROC.resolve(Integer.toString(pid)).resolve("fd");
      for (byte[] name : names(directory)) {
        descriptors++;
        if (isSocket(directory.resolve(new String(name, StandardCharsets.US_ASCII)))) {
          sockets++;
        }
      }
    }
    series.add(FILE_DESCRIPTORS, descriptors);
    series.add(SOCKETS, sockets);
    Optional<Long> limit = openFilesLimit(firstPid);
    if (limit.isPresent()) {
      series.add(ULIMITS_SOFT, limit.get(), "max_open_files");
    }
  }

  private static List<byte[]> names(Path directory) throws IOException {
    try (Fd open = HostFile.openDirectory(directory)) {
      return DirectoryListing.names(open);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
        return List.of();
      }
      throw e;
    }
  }

  private static boolean isSocket(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** The soft limit of open files; empty if there is none, or if the process has ended. */
  private static Optional<Long> openFilesLimit(int pid) throws IOException {
    Path process = PROC.resolve(Integer.toString(pid));
    try {
      return Files.readAllLines(process.resolve("limits")).stream()
          .filter(line -> line.startsWith(OPEN_FILES))
          .map(line -> line.substring(OPEN_FILES.length()).trim())
          .map(values -> values.substring(0, values.indexOf(' ')))
          .filter(soft -> !soft.equals("unlimited"))
          .map(Long::parseLong)
          .findFirst();
    } catch (IOException e) {
      if (Files.exists(process)) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
