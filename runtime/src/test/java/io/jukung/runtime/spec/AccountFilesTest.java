package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The account files come from images, which are not trusted. */
@Timeout(20)
class AccountFilesTest {
  @TempDir private Path root;
  private Path passwd;

  @BeforeEach
  void setUp() throws IOException {
    passwd = Files.createDirectory(root.resolve("etc")).resolve("passwd");
  }

  private AccountFiles read() throws IOException {
    try (Fd directory = HostFile.openDirectory(root)) {
      return AccountFiles.read(directory);
    }
  }

  /** CVE-2026-47262. */
  @Test
  void fileOf10GibibytesIsRefused() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(passwd.toFile(), "rw")) {
      file.setLength(10L << 30);
    }
    assertThatThrownBy(this::read)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/etc/passwd");
  }

  @Test
  void symlinkIsFollowedOnlyInsideTheImage() throws IOException {
    Path outside = Files.createTempDirectory("outside");
    Files.writeString(outside.resolve("passwd"), "root:x:0:0::/:/bin/sh\n");
    Files.createSymbolicLink(passwd, outside.resolve("passwd"));
    assertThat(read().named("root")).isEmpty();
    Path inside = Files.createDirectories(root.resolve(Path.of("/").relativize(outside)));
    Files.writeString(inside.resolve("passwd"), "inside:x:7:7::/:/bin/sh\n");
    assertThat(read().named("inside")).isPresent();
    Files.delete(outside.resolve("passwd"));
    Files.delete(outside);
  }

  /** passwd(5): a line ends with a newline and nothing else. */
  @Test
  void carriageReturnDoesNotStartANewLine() {
    AccountFiles files =
        AccountFiles.parse("app:x:1000:1000::/home/app\revil:x:0:0::/root:/bin/sh\n", "");
    assertThat(files.named("evil")).isEmpty();
    assertThat(files.named("app")).map(AccountFiles.Account::home).hasValue("/home/app\revil");
  }
}
