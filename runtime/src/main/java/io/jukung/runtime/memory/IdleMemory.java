package io.jukung.runtime.memory;

import io.jukung.linux.process.MappedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives memory back when the daemon has worked and then rests: garbage, and the pages of Java's own
 * files that are mapped because their neighbours were read. The start is such work, and so is
 * everything that brings these pages back. Not thread-safe.
 */
public final class IdleMemory {
  private static final Logger LOG = LoggerFactory.getLogger(IdleMemory.class);

  /**
   * The files that stay mapped as long as a JVM runs: its code, and the cache of dist/src/train.
   */
  private static final Set<String> JAVA_FILES = Set.of("libjvm.so", "daemon.aot");

  private static final Path STAT = Path.of("/proc/self/stat");
  private static final Path STATUS = Path.of("/proc/self/status");

  /** Linux counts in hundredths of a second on all architectures that Java runs on. */
  private static final Duration CLOCK_TICK = Duration.ofMillis(10);

  static final Duration LOOK = Duration.ofSeconds(2);

  /** How soon the heap is looked at after a collection, if no further one is noticed. */
  private static final long WORKING_LOOK = Duration.ofMillis(250).toNanos();

  private static final Duration SHORTEST = Duration.ofMillis(1);

  /** A daemon rests if it has used less of a processor since the last look: 5 %. */
  static final Duration REST = LOOK.dividedBy(20);

  /**
   * How much a daemon has to work until its memory is looked after again. To give pages back and to
   * read some of them again takes 10 ms, a fiftieth of this.
   */
  static final Duration WORK = Duration.ofMillis(500);

  /**
   * How much more of files has to be mapped than after the last release until they are released
   * again after less work: a first call of its kind brings back megabytes in a few milliseconds.
   */
  static final long FILE_GROWTH_BYTES = 6L << 20;

  /** A collection stops the daemon for 40 ms, which a small growth of the heap is not worth. */
  static final long HEAP_GROWTH_BYTES = 2L << 20;

  /** What is read from the process and done to it. */
  interface OwnProcess {
    /** The processor time of all threads since the start. */
    Duration processorTime() throws IOException;

    /** The size of the heap, garbage and free memory included. */
    long heapBytes();

    /** The size of the pages of files that are mapped. */
    long fileBytes() throws IOException;

    void collectGarbage();

    void releaseFiles() throws IOException;
  }

  private final OwnProcess process;
  private Duration atLastLook = Duration.ZERO;
  private Duration atLastRelease = Duration.ZERO;
  private long heapAfterCollection;
  private long filesAfterRelease;

  IdleMemory(OwnProcess process) {
    this.process = process;
  }

  /** Looks after the memory of this process: of the heap also while it works. */
  public static Thread startInBackground() {
    IdleMemory memory = new IdleMemory(new ThisProcess());
    WorkingHeap heap = WorkingHeap.ofThisProcess();
    return Thread.ofVirtual().name("idle-memory").start(() -> memory.run(heap));
  }

  private void run(WorkingHeap heap) {
    YoungCollections collections = new YoungCollections();
    long nextLook = System.nanoTime() + LOOK.toNanos();
    boolean works = false;
    try {
      while (true) {
        long left = Math.max(nextLook - System.nanoTime(), SHORTEST.toNanos());
        works = collections.await(Duration.ofNanos(works ? Math.min(left, WORKING_LOOK) : left));
        heap.look();
        if (System.nanoTime() - nextLook >= 0) {
          look();
          nextLook = System.nanoTime() + LOOK.toNanos();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.warn("memory that is not needed is kept: {}", e.getMessage());
    }
  }

  /** To be called every {@link #LOOK}. */
  void look() throws IOException {
    Duration now = process.processorTime();
    boolean isAtRest = now.minus(atLastLook).compareTo(REST) < 0;
    atLastLook = now;
    if (!isAtRest || !isWorthIt(now.minus(atLastRelease))) {
      return;
    }
    if (process.heapBytes() - heapAfterCollection >= HEAP_GROWTH_BYTES) {
      process.collectGarbage();
      heapAfterCollection = process.heapBytes();
    }
    process.releaseFiles();
    filesAfterRelease = process.fileBytes();
    atLastRelease = process.processorTime();
    atLastLook = atLastRelease;
  }

  private boolean isWorthIt(Duration worked) throws IOException {
    return worked.compareTo(WORK) >= 0
        || (worked.compareTo(REST) >= 0
            && process.fileBytes() - filesAfterRelease >= FILE_GROWTH_BYTES);
  }

  private static final class ThisProcess implements OwnProcess {
    @Override
    public Duration processorTime() throws IOException {
      String stat = Files.readString(STAT);
      // The name of the program stands in parentheses and may have spaces (proc_pid_stat(5)).
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return CLOCK_TICK.multipliedBy(Long.parseLong(fields[11]) + Long.parseLong(fields[12]));
    }

    @Override
    public long heapBytes() {
      return Runtime.getRuntime().totalMemory();
    }

    @Override
    public long fileBytes() throws IOException {
      for (String line : Files.readAllLines(STATUS, StandardCharsets.ISO_8859_1)) {
        if (line.startsWith("RssFile:")) { // in kB (proc_pid_status(5))
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
      return 0; // Linux before 4.5 does not say: work alone counts there
    }

    @Override
    public void collectGarbage() {
      System.gc();
    }

    @Override
    public void releaseFiles() throws IOException {
      MappedFiles.release(JAVA_FILES);
    }
  }
}
