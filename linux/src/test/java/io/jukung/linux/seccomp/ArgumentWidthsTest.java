package io.jukung.linux.seccomp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ArgumentWidthsTest {
  private static final Pattern ARGUMENT =
      Pattern.compile("sys_enter_(\\w+)/format:\\s*field:(.+[ *])\\w+;\\s*offset:(\\d+);.*");

  /** The first argument of a call in struct syscall_trace_enter. */
  private static final int FIRST_OFFSET = 16;

  /** The calls that the kernel's source names differently. */
  private static final Map<String, String> NAMES =
      Map.of(
          "newfstat", "fstat",
          "newstat", "stat",
          "newlstat", "lstat",
          "newuname", "uname",
          "sendfile64", "sendfile",
          "umount", "umount2");

  /** The calls with an argument that is declared with 64 bits, and whose upper half is ignored. */
  private static final Set<String> IGNORED_HALF =
      Set.of("clone", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2");

  private static final Set<String> WIDE =
      Set.of(
          "size_t",
          "const size_t",
          "unsigned long",
          "long",
          "loff_t",
          "off_t",
          "__u64",
          "u64",
          "aio_context_t",
          "cap_user_header_t",
          "cap_user_data_t",
          "const cap_user_data_t");

  private static int width(String type) {
    if (type.contains("*") || WIDE.contains(type)) {
      return ArgumentWidths.FULL;
    }
    return type.equals("umode_t") ? 16 : 32;
  }

  private static List<String> formats() throws Exception {
    Process process =
        new ProcessBuilder(
                "unshare",
                "-m",
                "sh",
                "-c",
                "mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null;"
                    + " cd /sys/kernel/tracing/events/syscalls && grep field: sys_enter_*/format")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), US_ASCII).lines().toList();
    process.waitFor();
    return lines;
  }

  @Test
  void tableAgreesWithThePrototypesOfTheRunningKernel() throws Exception {
    List<String> lines = formats();
    assumeTrue(!lines.isEmpty(), "the kernel has no trace events of system calls");
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    for (String line : lines) {
      Matcher matcher = ARGUMENT.matcher(line);
      if (!matcher.matches() || Integer.parseInt(matcher.group(3)) < FIRST_OFFSET) {
        continue;
      }
      String call = NAMES.getOrDefault(matcher.group(1), matcher.group(1));
      int index = (Integer.parseInt(matcher.group(3)) - FIRST_OFFSET) / Long.BYTES;
      if (index == 0 && IGNORED_HALF.contains(call)) {
        continue;
      }
      compared++;
      int expected = width(matcher.group(2).strip());
      if (ArgumentWidths.of(call, index) != expected) {
        wrong.add(call + " argument " + index + " has " + expected + " bits");
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(compared).isGreaterThan(700);
  }

  @Test
  void halvesThatTheKernelIgnoresAreNotCompared() {
    for (String call : IGNORED_HALF) {
      assertThat(ArgumentWidths.of(call, 0)).as(call).isEqualTo(32);
    }
    assertThat(ArgumentWidths.of("unshare", 0)).isEqualTo(ArgumentWidths.FULL);
    assertThat(ArgumentWidths.of("chmod", 1)).isEqualTo(16);
    assertThat(ArgumentWidths.of("no_such_call", 0)).isEqualTo(ArgumentWidths.FULL);
  }
}
