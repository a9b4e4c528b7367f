package io.jukung.runtime.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdleMemoryTest {
  private final Recorded process = new Recorded();
  private final IdleMemory memory = new IdleMemory(process);

  private static final class Recorded implements IdleMemory.OwnProcess {
    private final List<String> done = new ArrayList<>();
    private Duration used = Duration.ZERO;
    private long heap = 8 << 20;
    private long files = 4 << 20;

    @Override
    public Duration processorTime() {
      return used;
    }

    @Override
    public long heapBytes() {
      return heap;
    }

    @Override
    public long fileBytes() {
      return files;
    }

    @Override
    public void collectGarbage() {
      done.add("collect");
    }

    @Override
    public void releaseFiles() {
      done.add("release");
    }
  }

  @Test
  void memoryOfTheStartIsGivenBackWhenTheDaemonRests() throws IOException {
    lookAfter(IdleMemory.WORK);
    assertThat(process.done).isEmpty();

    lookAfter(Duration.ZERO);
    assertThat(process.done).containsExactly("collect", "release");
  }

  @Test
  void nothingIsDoneWhileTheDaemonWorks() throws IOException {
    for (int i = 0; i < 100; i++) {
      lookAfter(IdleMemory.REST);
    }
    assertThat(process.done).isEmpty();
  }

  @Test
  void restAfterLittleWorkChangesNothing() throws IOException {
    rest();
    for (int i = 0; i < 4; i++) {
      lookAfter(IdleMemory.WORK.dividedBy(5));
      lookAfter(Duration.ZERO);
    }
    assertThat(process.done).isEmpty();
  }

  @Test
  void littleWorkAddsUpUntilFilesAreReleasedAgain() throws IOException {
    rest();
    for (int i = 0; i < 100; i++) {
      lookAfter(IdleMemory.REST.dividedBy(2));
    }
    Duration worked = IdleMemory.REST.dividedBy(2).multipliedBy(100);
    assertThat(process.done).hasSize((int) worked.dividedBy(IdleMemory.WORK));
  }

  @Test
  void garbageIsCollectedAgainOnlyWhenTheHeapHasGrown() throws IOException {
    rest();
    process.heap += IdleMemory.HEAP_GROWTH_BYTES - 1;
    lookAfter(IdleMemory.WORK);
    lookAfter(Duration.ZERO);
    assertThat(process.done).containsExactly("release");

    process.heap += 1;
    lookAfter(IdleMemory.WORK);
    lookAfter(Duration.ZERO);
    assertThat(process.done).containsExactly("release", "collect", "release");
  }

  @Test
  void filesAreReleasedAfterLittleWorkIfMuchMoreOfThemIsMapped() throws IOException {
    rest();
    process.files += IdleMemory.FILE_GROWTH_BYTES - 1;
    lookAfter(IdleMemory.REST);
    lookAfter(Duration.ZERO);
    assertThat(process.done).isEmpty();

    process.files += 1;
    lookAfter(Duration.ZERO);
    assertThat(process.done).containsExactly("release");
  }

  @Test
  void filesAreNotReleasedAgainWithoutWork() throws IOException {
    rest();
    process.files += IdleMemory.FILE_GROWTH_BYTES;
    lookAfter(IdleMemory.REST.minusMillis(1));
    lookAfter(Duration.ZERO);
    assertThat(process.done).isEmpty();
  }

  /** The daemon has started, and its memory was given back. */
  private void rest() throws IOException {
    lookAfter(IdleMemory.WORK);
    lookAfter(Duration.ZERO);
    process.done.clear();
  }

  private void lookAfter(Duration work) throws IOException {
    process.used = process.used.plus(work);
    memory.look();
  }
}
