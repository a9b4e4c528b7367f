package io.jukung.linux.cgroup;

import static io.jukung.linux.Errno.EINTR;
import static io.jukung.linux.Errno.ENODEV;
import static io.jukung.linux.Errno.ENOENT;
import static io.jukung.linux.Errno.EOPNOTSUPP;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cgroup whose control files are read again and again. Each file is opened once and then read
 * from its start with one pread(2), as long as {@link OpenCgroups} has descriptors left; otherwise
 * it is opened for each read. Thread-safe.
 *
 * <p>An open control file does not keep its cgroup: after the cgroup is removed, a read gets
 * ENODEV.
 */
public final class OpenCgroup implements ControlFiles {
  private static final int BUFFER_BYTES = 8192;

  /** The largest control file that is read. Only cgroup.procs of a fork bomb may come near. */
  private static final int READ_LIMIT = 4 << 20;

  /**
   * The one file that the kernel gives out in parts. Of every other file, a read that does not fill
   * the buffer returns all.
   */
  private static final String PROCESSES = "cgroup.procs";

  /**
   * How long a file that was missing is not looked for again. A controller that is enabled later
   * shows up after this time.
   */
  private static final Duration MISSING = Duration.ofSeconds(10);

  private final Cgroup cgroup;
  private final OpenCgroups owner;
  private final Map<String, Fd> open = new HashMap<>();
  private final Map<String, Long> missingUntil = new HashMap<>();
  private List<OpenCgroup> inside = List.of();
  private boolean isClosed;

  OpenCgroup(Cgroup cgroup, OpenCgroups owner) {
    this.cgroup = cgroup;
    this.owner = owner;
  }

  @Override
  public boolean exists() {
    return cgroup.exists();
  }

  @Override
  public List<String> files(String glob) throws IOException {
    return cgroup.files(glob);
  }

  @Override
  public synchronized Optional<String> find(String file) throws IOException {
    Long until = missingUntil.get(file);
    if (until != null && System.nanoTime() - until < 0) {
      return Optional.empty();
    }
    byte[] content = countedContent(file);
    if (content == null) {
      if (cgroup.exists()) {
        missingUntil.put(file, System.nanoTime() + MISSING.toNanos());
      }
      return Optional.empty();
    }
    missingUntil.remove(file);
    int length = content.length;
    while (length > 0 && content[length - 1] == '\n') {
      length--;
    }
    return Optional.of(new String(content, 0, length, US_ASCII));
  }

  /** As {@link #content}; null also if the kernel does not count what the file shows. */
  private byte @Nullable [] countedContent(String file) throws IOException {
    try {
      return content(file);
    } catch (ErrnoException e) {
      if (e.is(EOPNOTSUPP)) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Counts the processes in this cgroup and in those inside it, as {@link Cgroup#allProcesses}
   * lists them. 0 if the cgroup does not exist.
   */
  public synchronized int processCount() throws IOException {
    Long descendants = counters("cgroup.stat").get("nr_descendants");
    if (descendants == null || descendants != inside.size()) {
      lookInside();
    }
    int count = countIn(this);
    for (OpenCgroup each : inside) {
      int inner = each.ownProcesses();
      if (inner < 0) { // removed meanwhile, and perhaps another one was made
        lookInside();
        return countAgain();
      }
      count += inner;
    }
    return count;
  }

  private int countAgain() throws IOException {
    int count = countIn(this);
    for (OpenCgroup each : inside) {
      count += countIn(each);
    }
    return count;
  }

  private static int countIn(OpenCgroup cgroup) throws IOException {
    return Math.max(cgroup.ownProcesses(), 0);
  }

  private void lookInside() throws IOException {
    inside.forEach(OpenCgroup::close);
    inside = List.of();
    List<OpenCgroup> found = new ArrayList<>();
    for (Cgroup each : cgroup.descendants()) {
      OpenCgroup inner = new OpenCgroup(each, owner);
      inner.isClosed = isClosed;
      found.add(inner);
    }
    inside = found;
  }

  /** The number of processes in this cgroup itself; −1 if it does not exist. */
  private synchronized int ownProcesses() throws IOException {
    try {
      byte[] content = content(PROCESSES);
      if (content == null) {
        return -1;
      }
      int lines = 0;
      for (byte each : content) {
        if (each == '\n') {
          lines++;
        }
      }
      return lines;
    } catch (ErrnoException e) {
      if (e.is(EOPNOTSUPP)) {
        return 0; // threaded: a cgroup above it lists the processes
      }
      throw e;
    }
  }

  /** Closes the files. A later read opens a file for itself only. */
  synchronized void close() {
    isClosed = true;
    open.values().forEach(Fd::close);
    owner.release(open.size());
    open.clear();
    inside.forEach(OpenCgroup::close);
    inside = List.of();
  }

  /** Reads a file; null if there is none. */
  private byte @Nullable [] content(String file) throws IOException {
    Fd kept = open.get(file);
    if (kept != null) {
      byte[] content = readKept(file, kept);
      if (content != null) {
        return content;
      }
      // The cgroup was removed. One of the same name may be there by now.
    }
    Fd opened = tryOpen(file);
    if (opened == null) {
      return null;
    }
    if (!isClosed && owner.tryReserve()) {
      open.put(file, opened);
      return readKept(file, opened);
    }
    try (opened) {
      return readAll(opened, file);
    }
  }

  /** Reads a file that is open, and closes it unless it can be read again. */
  private byte @Nullable [] readKept(String file, Fd kept) throws IOException {
    boolean isReadable = false;
    try {
      byte[] content = readAll(kept, file);
      isReadable = content != null;
      return content;
    } finally {
      if (!isReadable) {
        open.remove(file);
        owner.release(1);
        kept.close();
      }
    }
  }

  private @Nullable Fd tryOpen(String file) throws ErrnoException {
    try (Memory path = Memory.ofString(cgroup.directory() + "/" + file)) {
      long fd = Kernel.raw(Syscall.OPENAT, Fd.AT_FDCWD, path.address(), O_RDONLY | O_CLOEXEC, 0, 0);
      if (fd == -ENOENT || fd == -ENODEV) {
        return null; // a usual answer, for which an exception would take too long
      }
      if (fd < 0) {
        throw new ErrnoException("openat", cgroup.directory() + "/" + file, (int) -fd);
      }
      return Fd.own(fd);
    }
  }

  /** Reads from the start; null if the cgroup was removed. */
  private byte @Nullable [] readAll(Fd fd, String file) throws IOException {
    try (Memory buffer = Memory.allocate(BUFFER_BYTES)) {
      ByteArrayOutputStream earlier = new ByteArrayOutputStream(0);
      while (true) {
        long count =
            Kernel.raw(
                Syscall.PREAD64, fd.number(), buffer.address(), BUFFER_BYTES, earlier.size(), 0);
        if (count == -EINTR) {
          continue;
        }
        if (count == -ENODEV || count == -ENOENT) {
          return null;
        }
        if (count < 0) {
          throw new ErrnoException("pread64", cgroup.directory() + "/" + file, (int) -count);
        }
        byte[] part = buffer.getBytes(0, (int) count);
        boolean isLast = count == 0 || (count < BUFFER_BYTES && !file.equals(PROCESSES));
        if (isLast && earlier.size() == 0) {
          return part;
        }
        earlier.writeBytes(part);
        if (isLast) {
          return earlier.toByteArray();
        }
        if (earlier.size() > READ_LIMIT) {
          throw new IOException(
              "read of "
                  + cgroup.directory()
                  + "/"
                  + file
                  + ": more than "
                  + READ_LIMIT
                  + " bytes");
        }
      }
    }
  }
}
