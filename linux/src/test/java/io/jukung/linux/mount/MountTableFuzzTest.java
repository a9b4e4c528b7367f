package io.jukung.linux.mount;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.Fuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mount tables that no kernel writes. */
@Timeout(120)
class MountTableFuzzTest {
  @Test
  void tablesAreParsedOrRefused() throws Exception {
    byte[] own = Files.readAllBytes(Path.of("/proc/self/mountinfo"));
    byte[] line =
        """
        36 35 98:0 /mnt1\\040x /mnt\\0112 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue
        37 35 0:5 / /run rw - tmpfs  rw
        38 35 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
        39 35 0:27 /kubepods /mnt/c\040g rw - cgroup2 cgroup2 rw
        """
            .getBytes(UTF_8);
    Fuzz.run(
        List.of(own.length < 20_000 ? own : line, line),
        input -> {
          MountTable table = MountTable.parse(new String(input, ISO_8859_1));
          table.at(Path.of("/run"));
          table.containing(Path.of("/run/x"));
          table.under(Path.of("/"));
          table.cgroup2();
        },
        IOException.class);
  }
}
