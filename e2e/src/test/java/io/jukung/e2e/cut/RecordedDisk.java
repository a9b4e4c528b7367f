package io.jukung.e2e.cut;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * A disk image that remembers each write and each flush in their order, as the kernel's
 * dm-log-writes would. The image is the only file of a FUSE file system (fuse(4)) that this process
 * serves; a loop device is put over the file, and a file system on the loop device.
 */
public final class RecordedDisk implements AutoCloseable {
  /** The name of the file in {@link #mountPoint}. */
  private static final String FILE = "disk";

  private static final long ROOT_NODE = 1;
  private static final long FILE_NODE = 2;
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int IN_HEADER = 40;
  private static final int OUT_HEADER = 16;
  private static final int MAX_WRITE = 128 << 10;
  private static final int ENOENT = 2;
  private static final int ENOSYS = 38;
  private static final int MNT_DETACH = 2;

  private static final Linker LINKER = Linker.nativeLinker();

  private final Path mountPoint;
  private final long size;
  private final FileChannel image;
  private final FileChannel device;
  private final WriteLog log = new WriteLog();
  private final Thread server;
  private volatile boolean closing;

  private RecordedDisk(Path mountPoint, Path image) throws IOException {
    this.mountPoint = mountPoint;
    this.image = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE);
    this.size = this.image.size();
    this.device =
        FileChannel.open(Path.of("/dev/fuse"), StandardOpenOption.READ, StandardOpenOption.WRITE);
    this.server = Thread.ofPlatform().daemon().name("recorded-disk").unstarted(this::serve);
  }

  /**
   * Serves an image.
   *
   * @param image is changed by what is written
   * @param mountPoint an existing directory
   */
  public static RecordedDisk over(Path image, Path mountPoint) throws IOException {
    RecordedDisk disk = new RecordedDisk(mountPoint, image);
    try {
      mount(mountPoint, "fd=" + descriptorOfDevice() + ",rootmode=40000,user_id=0,group_id=0");
    } catch (IOException e) {
      disk.device.close();
      disk.image.close();
      throw e;
    }
    disk.server.start();
    return disk;
  }

  /** The image as a file, for a loop device. */
  public Path file() {
    return mountPoint.resolve(FILE);
  }

  public WriteLog log() {
    return log;
  }

  @Override
  public void close() throws IOException {
    closing = true;
    unmount(mountPoint);
    device.close();
    image.close();
  }

  /** The JDK does not tell the number of a descriptor, and one disk is recorded at a time. */
  private static String descriptorOfDevice() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path each : descriptors.toList()) {
        if (Files.isSymbolicLink(each)
            && Files.readSymbolicLink(each).equals(Path.of("/dev/fuse"))) {
          return each.getFileName().toString();
        }
      }
    }
    throw new IOException("/dev/fuse is not open");
  }

  private void serve() {
    ByteBuffer request = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (true) {
        request.clear();
        if (device.read(request) < IN_HEADER) {
          return;
        }
        request.flip();
        answer(request);
      }
    } catch (IOException e) {
      if (!closing) { // a read after the unmount is ENODEV
        log.broken(e);
      }
    }
  }

  private void answer(ByteBuffer request) throws IOException {
    int opcode = request.getInt(4);
    long unique = request.getLong(8);
    long node = request.getLong(16);
    switch (opcode) {
      case 26 -> reply(unique, initialised());
      case 1 -> lookup(unique, request);
      case 3, 4 -> reply(unique, attributes(node)); // GETATTR, SETATTR
      case 14, 27 -> reply(unique, buffer(16)); // OPEN, OPENDIR
      case 15 -> reply(unique, read(request));
      case 16 -> reply(unique, write(request));
      case 20 -> {
        log.flush();
        reply(unique, buffer(0));
      }
      case 18, 25, 29, 38 -> reply(unique, buffer(0)); // RELEASE, FLUSH, RELEASEDIR, DESTROY
      case 2, 36, 42 -> {} // FORGET, INTERRUPT and BATCH_FORGET have no answer
      default -> fail(unique, ENOSYS);
    }
  }

  private static ByteBuffer initialised() {
    ByteBuffer out = buffer(64);
    out.putInt(0, 7).putInt(4, 31); // the version of the protocol
    out.putInt(8, MAX_WRITE).putInt(12, 1 << 5 /* FUSE_BIG_WRITES */);
    out.putShort(16, (short) 16).putShort(18, (short) 12).putInt(20, MAX_WRITE).putInt(24, 1);
    return out;
  }

  private void lookup(long unique, ByteBuffer request) throws IOException {
    byte[] name = new byte[request.limit() - IN_HEADER - 1];
    request.get(IN_HEADER, name);
    if (!new String(name, StandardCharsets.UTF_8).equals(FILE)) {
      fail(unique, ENOENT);
      return;
    }
    ByteBuffer out = buffer(128);
    out.putLong(0, FILE_NODE).putLong(16, 3600).putLong(24, 3600);
    putAttributes(out, 40, FILE_NODE);
    reply(unique, out);
  }

  private ByteBuffer attributes(long node) {
    ByteBuffer out = buffer(104);
    out.putLong(0, 3600);
    putAttributes(out, 16, node);
    return out;
  }

  private void putAttributes(ByteBuffer out, int at, long node) {
    boolean isFile = node != ROOT_NODE;
    out.putLong(at, node).putLong(at + 8, isFile ? size : 0).putLong(at + 16, size / 512);
    out.putInt(at + 60, isFile ? 0100600 : 0040700).putInt(at + 64, 1).putInt(at + 80, 4096);
  }

  private ByteBuffer read(ByteBuffer request) throws IOException {
    long offset = request.getLong(IN_HEADER + 8);
    int length = (int) Math.min(request.getInt(IN_HEADER + 16), Math.max(0, size - offset));
    ByteBuffer content = buffer(length);
    while (content.hasRemaining() && image.read(content, offset + content.position()) > 0) {
      // more
    }
    return content.clear();
  }

  private ByteBuffer write(ByteBuffer request) throws IOException {
    long offset = request.getLong(IN_HEADER + 8);
    int length = request.getInt(IN_HEADER + 16);
    byte[] content = new byte[length];
    request.get(IN_HEADER + 40, content);
    log.write(offset, content);
    ByteBuffer source = ByteBuffer.wrap(content);
    while (source.hasRemaining()) {
      image.write(source, offset + source.position());
    }
    ByteBuffer out = buffer(8);
    out.putInt(0, length);
    return out;
  }

  private static ByteBuffer buffer(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void reply(long unique, ByteBuffer body) throws IOException {
    ByteBuffer out =
        ByteBuffer.allocateDirect(OUT_HEADER + body.capacity()).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(OUT_HEADER + body.capacity()).putInt(0).putLong(unique).put(body.clear());
    device.write(out.flip());
  }

  private void fail(long unique, int error) throws IOException {
    ByteBuffer out = ByteBuffer.allocateDirect(OUT_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(OUT_HEADER).putInt(-error).putLong(unique);
    device.write(out.flip());
  }

  /** mount(8) could not pass on the descriptor of this process. */
  @SuppressWarnings("restricted") // the tests run with native access
  private static void mount(Path target, String options) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle mount =
          LINKER.downcallHandle(
              LINKER.defaultLookup().findOrThrow("mount"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS));
      MemorySegment type = arena.allocateFrom("fuse");
      int result =
          (int)
              mount.invokeExact(
                  arena.allocateFrom("recorded-disk"),
                  arena.allocateFrom(target.toString()),
                  type,
                  0L,
                  arena.allocateFrom(options));
      if (result != 0) {
        throw new IOException("mount of FUSE on " + target + " with " + options + " failed");
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("mount of FUSE on " + target, e);
    }
  }

  @SuppressWarnings("restricted") // the tests run with native access
  private static void unmount(Path target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle unmount =
          LINKER.downcallHandle(
              LINKER.defaultLookup().findOrThrow("umount2"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
      int result = (int) unmount.invokeExact(arena.allocateFrom(target.toString()), MNT_DETACH);
      if (result != 0) {
        throw new IOException("umount of " + target + " failed");
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("umount of " + target, e);
    }
  }
}
