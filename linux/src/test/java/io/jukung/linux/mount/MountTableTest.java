package io.jukung.linux.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MountTableTest {
  /** Debian 12 with systemd. */
  private static final String SYSTEMD_HOST =
      """
      24 31 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
      25 31 0:23 / /sys rw,nosuid,nodev,noexec,relatime shared:6 - sysfs sysfs rw
      28 31 0:25 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=1629108k,mode=755,inode64
      31 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard,errors=remount-ro
      33 25 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
      36 24 0:30 / /proc/sys/fs/binfmt_misc rw,relatime shared:15 - autofs systemd-1 rw,fd=29,pgrp=1,timeout=0,minproto=5,maxproto=5,direct,pipe_ino=1270
      289 28 0:4 net:[4026532298] /run/netns/blue rw shared:146 - nsfs nsfs rw
      """;

  /** Cgroup v1 with a v2 hierarchy beside it. */
  private static final String HYBRID_HOST =
      """
      27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,resuid=65534,resgid=65534
      23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
      """;

  /** The mounts of a container with volumes, as its processes see them. */
  private static final String CONTAINER =
      """
      1153 1028 0:172 / / rw,relatime master:296 - overlay overlay rw,lowerdir=/var/lib/l/3:/var/lib/l/2\\054x:/var/lib/l/1,upperdir=/var/lib/u,workdir=/var/lib/w
      1160 1153 254:1 /srv/my\\040data\\134x /mnt/a\\011b\\012c\\040d rw,relatime master:1 propagate_from:2 - ext4 /dev/vda1 rw
      1161 1153 0:99 / /secret ro,relatime unbindable - tmpfs  rw,size=64k
      1162 1153 0:26 / /sys/fs/cgroup/part ro - cgroup2 cgroup rw
      """;

  @Test
  void readsTheFieldsOfALine() throws IOException {
    MountinfoLine volume = MountTable.parse(CONTAINER).mounts().get(1);
    assertThat(volume)
        .isEqualTo(
            new MountinfoLine(
                1160,
                1153,
                "254:1",
                "/srv/my data\\x",
                "/mnt/a\tb\nc d",
                Set.of("rw", "relatime"),
                List.of("master:1", "propagate_from:2"),
                "ext4",
                "/dev/vda1",
                List.of("rw")));
    assertThat(volume.isSlave()).isTrue();
    assertThat(volume.isShared()).isFalse();
  }

  @Test
  void readsEscapedCommasInOptionsAndAnEmptySource() throws IOException {
    List<MountinfoLine> mounts = MountTable.parse(CONTAINER).mounts();
    assertThat(mounts.get(0).superOptions())
        .containsExactly(
            "rw",
            "lowerdir=/var/lib/l/3:/var/lib/l/2,x:/var/lib/l/1",
            "upperdir=/var/lib/u",
            "workdir=/var/lib/w");
    assertThat(mounts.get(2).source()).isEmpty();
    assertThat(mounts.get(2).optionalFields()).containsExactly("unbindable");
  }

  @Test
  void findsTheMountThatHoldsAPath() throws IOException {
    MountTable table = MountTable.parse(SYSTEMD_HOST);
    assertThat(table.containing(Path.of("/run/jukung/x")).orElseThrow().mountPoint())
        .isEqualTo("/run");
    assertThat(table.containing(Path.of("/runaway")).orElseThrow().mountPoint()).isEqualTo("/");
    assertThat(table.containing(Path.of("/run/../etc")).orElseThrow().isShared()).isTrue();
  }

  @Test
  void lastMountAtAPathIsFound() throws IOException {
    MountTable table =
        MountTable.parse("1 0 0:1 / /a rw - tmpfs one rw\n2 1 0:2 / /a rw - tmpfs two rw\n");
    assertThat(table.at(Path.of("/a")).orElseThrow().source()).isEqualTo("two");
    assertThat(table.at(Path.of("/b"))).isEmpty();
  }

  @Test
  void listsTheMountsUnderADirectoryLastMountedFirst() throws IOException {
    assertThat(MountTable.parse(SYSTEMD_HOST).under(Path.of("/run")))
        .extracting(MountinfoLine::mountPoint)
        .containsExactly("/run/netns/blue", "/run");
    assertThat(MountTable.parse(SYSTEMD_HOST).under(Path.of("/"))).hasSize(7);
  }

  @Test
  void findsTheCgroup2Hierarchy() throws IOException {
    assertThat(MountTable.parse(SYSTEMD_HOST).cgroup2()).contains(Path.of("/sys/fs/cgroup"));
    assertThat(MountTable.parse(HYBRID_HOST).cgroup2()).contains(Path.of("/sys/fs/cgroup/unified"));
    assertThat(MountTable.parse(CONTAINER).cgroup2()).contains(Path.of("/sys/fs/cgroup/part"));
    assertThat(MountTable.parse("").cgroup2()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "24 31 0:22 / /proc rw",
        "24 31 0:22 / /proc rw shared:1 proc proc rw",
        "24 31 0:22 / /proc rw -",
        "24 31 0:22 / /proc rw - proc",
        "x 31 0:22 / /proc rw - proc proc rw",
        "24 31 022 / /proc rw - proc proc rw",
        "24 31 0:b / /proc rw - proc proc rw",
        "24 31 0:22 / /pr\\04 rw - proc proc rw",
        "24 31 0:22 / /pr\\09x rw - proc proc rw",
        "24 31 0:22 / /pr\\777 rw - proc proc rw",
        "24 31 0:22 / /pr\\000 rw - proc proc rw",
        "24 31 0:22 / /pr\0 rw - proc proc rw",
      })
  void errorContainsTheMalformedLine(String line) {
    assertThatThrownBy(() -> MountTable.parse(line))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("mountinfo")
        .hasMessageContaining(line);
  }

  @Test
  void tableOfThisProcessIsRead() throws IOException {
    MountTable own = MountTable.read();
    assertThat(own.at(Path.of("/"))).isPresent();
    assertThat(own.at(Path.of("/proc")).orElseThrow().type()).isEqualTo("proc");
  }

  @Test
  void randomTablesInTheKernelsFormatAreParsed() throws IOException {
    Random random = new Random(20260101);
    for (int round = 0; round < 300; round++) {
      List<MountinfoLine> mounts = new ArrayList<>();
      for (int i = random.nextInt(20); i > 0; i--) {
        mounts.add(randomMount(random));
      }
      String text = mounts.stream().map(MountTableTest::line).collect(Collectors.joining());
      assertThat(MountTable.parse(text).mounts()).isEqualTo(mounts);
    }
  }

  @Test
  void damagedTablesCauseNoOtherErrorThanIOException() {
    Random random = new Random(20260102);
    String[] samples = {SYSTEMD_HOST, HYBRID_HOST, CONTAINER};
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      StringBuilder text = new StringBuilder(samples[random.nextInt(samples.length)]);
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, (char) random.nextInt(128));
          default -> text.setCharAt(at, "\\ -:/\n0".charAt(random.nextInt(7)));
        }
      }
      try {
        MountTable.parse(text.toString());
      } catch (IOException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  private static MountinfoLine randomMount(Random random) {
    return new MountinfoLine(
        random.nextInt(100_000),
        random.nextInt(100_000),
        random.nextInt(300) + ":" + random.nextInt(300),
        "/" + randomText(random),
        "/" + randomText(random),
        new TreeSet<>(List.of("rw", "opt" + random.nextInt(5))),
        random.nextBoolean() ? List.of() : List.of("shared:" + random.nextInt(9), "master:1"),
        "ext" + random.nextInt(5),
        randomText(random),
        List.of("rw", "name=" + randomText(random)));
  }

  private static String randomText(Random random) {
    String alphabet = "ab/\\ \t\n#,éあ-";
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static String line(MountinfoLine mount) {
    List<String> fields = new ArrayList<>();
    fields.add(Integer.toString(mount.id()));
    fields.add(Integer.toString(mount.parentId()));
    fields.add(mount.device());
    fields.add(escape(mount.root()));
    fields.add(escape(mount.mountPoint()));
    fields.add(String.join(",", mount.options()));
    fields.addAll(mount.optionalFields());
    fields.add("-");
    fields.add(mount.type());
    fields.add(escape(mount.source()));
    fields.add(
        mount.superOptions().stream().map(MountTableTest::escape).collect(Collectors.joining(",")));
    return String.join(" ", fields) + "\n";
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (" \t\n\\#,".indexOf(c) >= 0) {
        escaped.append(String.format("\\%03o", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
