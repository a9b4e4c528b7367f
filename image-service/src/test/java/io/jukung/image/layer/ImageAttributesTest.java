package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.image.tar.TarEntry;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The attributes that an image may set: what the kernel does is what is expected. Needs root. */
class ImageAttributesTest {
  private static final int ROUNDS = 2_000;
  private static final byte[] NAME = {'f'};

  /** What has attributes of its own. */
  private static final List<TarEntry.Type> TYPES =
      List.copyOf(EnumSet.complementOf(EnumSet.of(TarEntry.Type.HARD_LINK)));

  @TempDir Path temporary;

  /** What a file has in the end, or that the attribute was refused. */
  private record Result(boolean refused, int mode, Map<String, String> attributes) {
    static final Result REFUSED = new Result(true, 0, Map.of());
  }

  @Test
  void attributesAreAcceptedRefusedAndChangedAsByTheKernel() throws Exception {
    long seed = Long.getLong("fuzz.seed", 20261129);
    int accepted = 0;
    try (Fd directory = HostFile.openDirectory(temporary)) {
      for (int round = 0; round < ROUNDS; round++) {
        Random random = new Random(seed + round);
        TarEntry.Type type = TYPES.get(random.nextInt(TYPES.size()));
        String attribute = name(random);
        byte[] value = value(attribute, random);
        int mode = random.nextInt(010000);
        Result kernel = byTheKernel(directory, type, mode, attribute, value);
        assertThat(byUs(type, mode, attribute, value))
            .as("seed %d round %d: %s on %s", seed, round, attribute, type)
            .isEqualTo(kernel);
        accepted += kernel.attributes.isEmpty() ? 0 : 1;
      }
    }
    assertThat(accepted).isGreaterThan(ROUNDS / 20);
  }

  private static Result byUs(TarEntry.Type type, int mode, String attribute, byte[] value) {
    TarEntry entry =
        new TarEntry(
            "f", type, mode, 0, 0, new FileTime(0, 0), "t", 0, 1, 3, Map.of(attribute, value));
    try {
      ImageAttributes.Checked checked = ImageAttributes.of(entry);
      Map<String, String> shown = new TreeMap<>();
      checked
          .extended()
          .forEach((name, bytes) -> shown.put(name, new String(asRead(bytes), ISO_8859_1)));
      return new Result(false, type == TarEntry.Type.SYMLINK ? 0777 : checked.mode(), shown);
    } catch (LayerFormatException e) {
      assertThat(e).hasMessageContaining("layer entry f is refused");
      return Result.REFUSED;
    }
  }

  /** The kernel shows capabilities of this user namespace's root in the form of revision 2. */
  private static byte[] asRead(byte[] value) {
    ByteBuffer bytes = ByteBuffer.wrap(value.clone()).order(ByteOrder.LITTLE_ENDIAN);
    if (value.length == 24 && value[3] == 3 && bytes.getInt(20) == 0) {
      bytes.put(3, (byte) 2);
      return Arrays.copyOf(bytes.array(), 20);
    }
    return value;
  }

  private static Result byTheKernel(
      Fd directory, TarEntry.Type type, int mode, String attribute, byte[] value) throws Exception {
    DeviceNumber device = new DeviceNumber(1, 3);
    switch (type) {
      case FILE -> DirectoryEntry.createFile(directory, NAME, 0600).close();
      case DIRECTORY -> DirectoryEntry.makeDirectory(directory, NAME, 0700);
      case SYMLINK -> DirectoryEntry.makeSymlink(directory, NAME, new byte[] {'t'});
      case FIFO -> DirectoryEntry.makeNode(directory, NAME, FileType.FIFO, 0600, device);
      case CHARACTER_DEVICE ->
          DirectoryEntry.makeNode(directory, NAME, FileType.CHARACTER_DEVICE, 0600, device);
      case BLOCK_DEVICE ->
          DirectoryEntry.makeNode(directory, NAME, FileType.BLOCK_DEVICE, 0600, device);
      case HARD_LINK -> throw new IllegalArgumentException();
    }
    try {
      if (type != TarEntry.Type.SYMLINK) {
        try (Fd handle = DirectoryEntry.openPath(directory, NAME)) {
          FileAttributes.setMode(handle, mode);
        }
      }
      try {
        ExtendedAttributes.set(directory, NAME, attribute, value);
      } catch (ErrnoException e) {
        if (!e.is(Errno.EOPNOTSUPP)) {
          return Result.REFUSED;
        }
      }
      Map<String, String> attributes = new TreeMap<>();
      for (String each : ExtendedAttributes.list(directory, NAME)) {
        if (ImageAttributes.isKept(each)) {
          Optional<byte[]> read = ExtendedAttributes.get(directory, NAME, each);
          read.ifPresent(bytes -> attributes.put(each, new String(bytes, ISO_8859_1)));
        }
      }
      return new Result(false, FileStatus.of(directory, NAME).mode(), attributes);
    } finally {
      if (type == TarEntry.Type.DIRECTORY) {
        DirectoryEntry.removeDirectory(directory, NAME);
      } else {
        DirectoryEntry.unlink(directory, NAME);
      }
    }
  }

  private static String name(Random random) {
    return switch (random.nextInt(6)) {
      case 0, 1 -> "security.capability";
      case 2 -> "system.posix_acl_access";
      case 3 -> "system.posix_acl_default";
      case 4 -> "user." + new String("schlüssel-鍵".getBytes(UTF_8), ISO_8859_1);
      default -> random.nextInt(3) == 0 ? "user." : "user." + "n".repeat(random.nextInt(260));
    };
  }

  private static byte[] value(String attribute, Random random) {
    if (attribute.startsWith("user.")) {
      byte[] value = new byte[random.nextInt(100)];
      random.nextBytes(value);
      return value;
    }
    return attribute.equals("security.capability") ? capability(random) : acl(random);
  }

  private static byte[] capability(Random random) {
    int[] sizes = {20, 24, 20, 24, 12, 4, 19, 21, 32};
    ByteBuffer value =
        ByteBuffer.allocate(sizes[random.nextInt(sizes.length)]).order(ByteOrder.LITTLE_ENDIAN);
    int[] magics = {0x02000000, 0x02000001, 0x03000000, 0x03000001, 0x01000000, 0, 0x02000002};
    if (value.capacity() >= 4) {
      value.putInt(magics[random.nextInt(magics.length)]);
    }
    while (value.remaining() >= 4) {
      boolean root = value.position() == 20;
      value.putInt(root ? random.nextInt(4) - 1 : random.nextInt(1 << 20));
    }
    return value.array();
  }

  private static byte[] acl(Random random) {
    int[][] orders = {
      {1, 4, 0x20}, {1, 2, 4, 0x10, 0x20}, {1, 2, 2, 4, 8, 0x10, 0x20}, {1, 4, 0x10, 0x20}, {},
      {1, 2, 4, 0x20}, {4, 1, 0x20}, {1, 4}, {1, 4, 0x20, 0x20}, {1, 4, 8, 0x10, 0x20}
    };
    int[] order = orders[random.nextInt(orders.length)];
    int extra = random.nextInt(10) == 0 ? 1 : 0;
    ByteBuffer value =
        ByteBuffer.allocate(4 + 8 * order.length + extra).order(ByteOrder.LITTLE_ENDIAN);
    value.putInt(random.nextInt(12) == 0 ? 3 : 2);
    for (int tag : order) {
      value.putShort((short) tag).putShort((short) random.nextInt(random.nextInt(20) == 0 ? 9 : 8));
      value.putInt(random.nextInt(20) == 0 ? -1 : random.nextInt(5));
    }
    return value.array();
  }

  @Test
  void emptyCapabilitySetIsRefusedBecauseTheKernelCannotReadItBack() {
    TarEntry entry =
        new TarEntry(
            "f",
            TarEntry.Type.FILE,
            0644,
            0,
            0,
            new FileTime(0, 0),
            "",
            0,
            0,
            0,
            Map.of("security.capability", new byte[0]));
    assertThatExceptionOfType(LayerFormatException.class)
        .isThrownBy(() -> ImageAttributes.of(entry))
        .withMessageContaining("security.capability");
  }

  @Test
  void overlayfsOwnAttributesAreRefusedAndThoseOfTheHostLeftOut() throws Exception {
    for (String attribute : new String[] {"trusted.overlay.opaque", "user.overlay.redirect"}) {
      assertThatExceptionOfType(LayerFormatException.class)
          .isThrownBy(() -> ImageAttributes.of(file(attribute)))
          .withMessageContaining("overlayfs");
    }
    for (String attribute : new String[] {"trusted.x", "security.selinux", "system.x", "x"}) {
      assertThat(ImageAttributes.of(file(attribute)).extended()).isEmpty();
    }
  }

  private static TarEntry file(String attribute) {
    return new TarEntry(
        "f",
        TarEntry.Type.FILE,
        0644,
        0,
        0,
        new FileTime(0, 0),
        "",
        0,
        0,
        0,
        Map.of(attribute, new byte[] {'y'}));
  }
}
