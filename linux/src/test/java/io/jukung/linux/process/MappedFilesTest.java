package io.jukung.linux.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFilesTest {
  private static final int BYTES = 4 << 20;

  @TempDir private Path directory;

  private static String smaps(String header, int anonymousKib) {
    return header
        + "\nSize:                 16 kB\nRss:                  16 kB\nAnonymous:      "
        + anonymousKib
        + " kB\nVmFlags: rd mr mw me\n";
  }

  @Test
  void onlyFilesThatAreReadAndDoNotDifferAreRecoverable() {
    String smaps =
        smaps("7f0000001000-7f0000005000 r--p 00001000 08:01 55   /lib/code.so", 0)
            + smaps("7f0000005000-7f0000009000 r-xp 00001000 08:01 55   /lib/code.so", 0)
            + smaps("7f0000009000-7f000000d000 r--p 00001000 08:01 55   /lib/changed.so", 4)
            + smaps("7f000000d000-7f0000011000 rw-p 00001000 08:01 55   /lib/written.so", 0)
            + smaps("7f0000011000-7f0000015000 r--s 00001000 08:01 55   /lib/shared", 0)
            + smaps("7f0000015000-7f0000019000 rw-p 00000000 00:00 0 ", 16)
            + smaps("7f0000019000-7f000001d000 r--p 00000000 00:00 0   [vvar]", 0)
            + smaps("7f000001d000-7f0000021000 r--p 00000000 08:01 9   /lib/old.so (deleted)", 0);
    List<MappedFiles.Mapping> recoverable =
        MappedFiles.parse(smaps).stream().filter(MappedFiles.Mapping::isRecoverable).toList();
    assertThat(recoverable)
        .containsExactly(
            new MappedFiles.Mapping("code.so", 0x7f0000001000L, 0x7f0000005000L, false, false),
            new MappedFiles.Mapping("code.so", 0x7f0000005000L, 0x7f0000009000L, false, false));
  }

  @Test
  void releasedProcessNeedsLessMemoryAndRunsOn() throws Exception {
    long before = cleanKib();
    MappedFiles.release(Set.of("libjvm.so"));
    long after = cleanKib();
    assertThat(after).isLessThan(before - 1024);
    // The JVM and its libraries still work: classes load, code compiles, files are read.
    assertThat(Files.readAllLines(Path.of("/proc/self/status"))).isNotEmpty();
    assertThat(List.of(3, 1, 2).stream().sorted().toList()).containsExactly(1, 2, 3);
  }

  @Test
  void bytesWrittenToAPrivateMappingStay() throws Exception {
    Path file = directory.resolve("mapped");
    byte[] content = new byte[BYTES];
    Arrays.fill(content, (byte) 1);
    Files.write(file, content);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped = channel.map(FileChannel.MapMode.PRIVATE, 0, BYTES);
      mapped.put(BYTES / 2, (byte) 7);
      MappedFiles.release(Set.of("mapped", "libjvm.so"));
      assertThat(mapped.get(BYTES / 2)).isEqualTo((byte) 7);
      assertThat(mapped.get(0)).isEqualTo((byte) 1);
    }
  }

  /** The pages of this process that it shares with files. */
  private static long cleanKib() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("RssFile:"))
        .map(line -> line.replaceAll("\\D", ""))
        .mapToLong(Long::parseLong)
        .sum();
  }
}
