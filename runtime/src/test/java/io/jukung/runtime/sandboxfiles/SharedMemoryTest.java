package io.jukung.runtime.sandboxfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedMemoryTest {
  @TempDir Path directory;
  private Path shm;

  @BeforeEach
  void name() {
    shm = directory.resolve("shm");
  }

  @AfterEach
  void remove() throws IOException {
    SharedMemory.remove(shm);
    assertThat(shm).doesNotExist();
    assertThat(MountTable.read().under(directory)).isEmpty();
  }

  @Test
  void everyoneCanWriteAndNobodyCanExecute() throws IOException {
    SharedMemory.mount(shm, null, SharedMemory.SIZE_BYTES);
    MountinfoLine mount = MountTable.read().at(shm).orElseThrow();
    assertThat(mount.type()).isEqualTo("tmpfs");
    assertThat(mount.options()).contains("rw", "nosuid", "nodev", "noexec");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(shm)))
        .isEqualTo("rwxrwxrwx");
    assertThat((Integer) Files.getAttribute(shm, "unix:mode") & 07777).isEqualTo(01777);
  }

  @Test
  void tmpfsBelongsToTheRootOfThePodsUserNamespace() throws IOException {
    SharedMemory.mount(
        shm,
        new IdMappings(
            new IdMappings.Range(200_000, 65_536), new IdMappings.Range(300_000, 65_536)),
        SharedMemory.SIZE_BYTES);
    assertThat(Files.getAttribute(shm, "unix:uid")).isEqualTo(200_000);
    assertThat(Files.getAttribute(shm, "unix:gid")).isEqualTo(300_000);
  }

  @Test
  void holds64Mebibytes() throws IOException {
    SharedMemory.mount(shm, null, SharedMemory.SIZE_BYTES);
    assertThat(Files.getFileStore(shm).getTotalSpace()).isEqualTo(SharedMemory.SIZE_BYTES);
    byte[] mebibyte = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(shm.resolve("big"))) {
      for (int i = 0; i < 64; i++) {
        out.write(mebibyte);
      }
      assertThatThrownBy(() -> out.write(mebibyte)).hasMessageContaining("No space left");
    }
  }

  @Test
  void removeSucceedsWhateverExists() throws IOException {
    SharedMemory.remove(shm);
    Files.createDirectory(shm);
    SharedMemory.remove(shm);
    SharedMemory.mount(shm, null, SharedMemory.SIZE_BYTES);
    Files.writeString(shm.resolve("file"), "content");
    try (Fd user = Mounts.clone(shm)) {
      SharedMemory.remove(shm);
      assertThat(Path.of(user.procPath(), "file")).hasContent("content");
    }
  }

  @Test
  void secondMountFailsAndKeepsTheFirst() throws IOException {
    SharedMemory.mount(shm, null, SharedMemory.SIZE_BYTES);
    Files.writeString(shm.resolve("file"), "content");
    assertThatThrownBy(() -> SharedMemory.mount(shm, null, SharedMemory.SIZE_BYTES))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(shm.resolve("file")).hasContent("content");
  }
}
