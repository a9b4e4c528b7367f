package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.shim.v1.Adopt;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.ListProcesses;
import io.jukung.shim.v1.RemoveContainer;
import io.jukung.shim.v1.ReopenLog;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.Shutdown;
import io.jukung.shim.v1.SignalContainer;
import io.jukung.shim.v1.StartExec;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the protocol with a real shim process, without containers. */
@Timeout(120)
class ShimProtocolTest {
  @TempDir Path directory;

  private RunningShim shim;

  @BeforeEach
  void start() throws Exception {
    shim = RunningShim.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    shim.close();
  }

  @Test
  void socketHasMode0600() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(shim.socketPath)))
        .isEqualTo("rw-------");
  }

  @Test
  void procFilesOfAShimBelongToRoot() throws Exception {
    // The files in /proc of a process belong to its user, those of a non-dumpable one to root.
    String[] asNobody = {
      "setpriv",
      "--reuid=65534",
      "--clear-groups",
      "--inh-caps=+dac_override",
      "--ambient-caps=+dac_override",
    };
    Path other = Files.createDirectory(directory.resolve("nobody"));
    try (RunningShim nobodys = RunningShim.start(other, asNobody)) {
      Path process = Path.of("/proc/" + nobodys.pid());
      assertThat(Files.readAllLines(process.resolve("status")))
          .contains("Uid:\t65534\t65534\t65534\t65534");
      assertThat(Files.getAttribute(process.resolve("exe"), "unix:uid", LinkOption.NOFOLLOW_LINKS))
          .isEqualTo(0);
    }
  }

  @Test
  void connectionsOfOtherUsersAreRefused() throws Exception {
    shim.daemon().call(list());
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(shim.socketPath, PosixFilePermissions.fromString("rw-rw-rw-"));
    AtomicBoolean refused = new AtomicBoolean();
    Thread nobody =
        new Thread(
            () -> {
              // The raw call changes this thread only, which ends with it.
              Kernel.raw(Syscall.SETRESUID, 65534, 65534, 65534, 0, 0);
              try (RunningShim.Connection connection = shim.connect(shim.socketPath)) {
                refused.set(connection.isClosedByShim());
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    nobody.start();
    nobody.join();
    assertThat(refused).isTrue();
    assertThat(Files.readString(shim.errorLog)).contains("uid 65534");
    // The daemon's connection is still the one served.
    assertThat(shim.daemon().call(list()).hasProcesses()).isTrue();
  }

  @Test
  void spareHasNoSandboxAndNoContainers() throws Exception {
    Reply reply = shim.daemon().call(list());
    assertThat(reply.getProcesses().getSandboxId()).isEmpty();
    assertThat(reply.getProcesses().getContainersCount()).isZero();
  }

  @Test
  void adoptionMovesTheSocketAndHappensOnce() throws Exception {
    Path moved = Files.createDirectory(directory.resolve("pod")).resolve("shim.sock");
    assertThat(shim.daemon().call(adopt("s1", moved)).hasDone()).isTrue();
    assertThat(shim.socketPath).doesNotExist();
    Failure again = shim.daemon().call(adopt("s2", directory.resolve("other"))).getFailure();
    assertThat(again.getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
    assertThat(again.getMessage()).contains("s1");
    shim.reconnect(moved);
    assertThat(shim.daemon().call(list()).getProcesses().getSandboxId()).isEqualTo("s1");
  }

  @Test
  void shimCanBeAdoptedAfterAFailedAdoption() throws Exception {
    Failure failure =
        shim.daemon().call(adopt("s1", directory.resolve("missing/shim.sock"))).getFailure();
    assertThat(failure.getMessage()).contains("missing/shim.sock");
    assertThat(shim.daemon().call(list()).getProcesses().getSandboxId()).isEmpty();
    assertThat(shim.daemon().call(adopt("s1", directory.resolve("ok.sock"))).hasDone()).isTrue();
  }

  @Test
  void errorNamesTheUnknownContainer() throws Exception {
    for (ToShim.Builder request :
        new ToShim.Builder[] {
          ToShim.newBuilder()
              .setSignalContainer(SignalContainer.newBuilder().setContainerId("c9").setSignal(15)),
          ToShim.newBuilder().setReopenLog(ReopenLog.newBuilder().setContainerId("c9")),
          ToShim.newBuilder().setRemoveContainer(RemoveContainer.newBuilder().setContainerId("c9")),
        }) {
      Failure failure = shim.daemon().call(request).getFailure();
      assertThat(failure.getKind()).isEqualTo(Failure.Kind.NOT_FOUND);
      assertThat(failure.getMessage()).contains("c9");
    }
  }

  @Test
  void unknownCallIsAnsweredWithAFailure() throws Exception {
    Failure failure = shim.daemon().call(ToShim.newBuilder()).getFailure();
    assertThat(failure.getMessage()).isEqualTo("a call this shim does not know");
  }

  @Test
  void newerConnectionReplacesTheOlder() throws Exception {
    try (RunningShim.Connection newer = shim.connect(shim.socketPath)) {
      assertThat(newer.call(list()).hasProcesses()).isTrue();
      assertThat(shim.daemon().isClosedByShim()).isTrue();
      assertThat(newer.call(list()).hasProcesses()).isTrue();
    }
  }

  @Test
  void fiveThousandRequestsInOnePieceAreAllAnswered() throws Exception {
    byte[] body = list().setId(7).build().toByteArray();
    ByteBuffer frames = ByteBuffer.allocate(5000 * (4 + body.length));
    for (int i = 0; i < 5000; i++) {
      frames.putInt(body.length).put(body);
    }
    shim.daemon().sendRaw(frames.array());
    for (int i = 0; i < 5000; i++) {
      assertThat(shim.daemon().event().getReply().getId()).isEqualTo(7);
    }
  }

  @Test
  void requestThatComesByteByByteIsAnswered() throws Exception {
    byte[] body = list().setId(7).build().toByteArray();
    byte[] frame = ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array();
    for (byte b : frame) {
      shim.daemon().sendRaw(new byte[] {b});
    }
    assertThat(shim.daemon().event().getReply().getId()).isEqualTo(7);
  }

  @Test
  void largestFrameIsRead() throws Exception {
    // A field that the shim does not know, as a later daemon may send it.
    byte[] body = new byte[Connection.MAX_FRAME];
    byte[] start = list().setId(7).build().toByteArray();
    ByteBuffer fields = ByteBuffer.wrap(body).put(start);
    putVarint(fields, 100 << 3 | 2);
    int left = fields.remaining() - 4;
    putVarint(fields, left + (4 - varintLength(left)));
    shim.daemon()
        .sendRaw(ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).array());
    assertThat(shim.daemon().event().getReply().hasProcesses()).isTrue();
  }

  @Test
  void malformedFramesCloseTheConnectionAndNothingElse() throws Exception {
    Random random = new Random(1);
    byte[] noise = new byte[300];
    for (byte[] malformed :
        new byte[][] {
          {0, 0, 0, 0},
          {-1, -1, -1, -1},
          {0, 0x10, 0, 1},
          {0, 0, 0, 3, 0x0a, 0x7f, 0x01},
          {0, 0, 0, 2, 0x12, 0x00},
          {0, 0, 0, 1, (byte) 0xff},
        }) {
      shim.daemon().sendRaw(malformed);
      assertThat(shim.daemon().isClosedByShim()).isTrue();
      shim.reconnect(shim.socketPath);
    }
    for (int i = 0; i < 50; i++) {
      random.nextBytes(noise);
      noise[0] |= (byte) 0x80;
      shim.daemon().sendRaw(noise);
      assertThat(shim.daemon().isClosedByShim()).isTrue();
      shim.reconnect(shim.socketPath);
    }
    assertThat(shim.daemon().call(list()).hasProcesses()).isTrue();
  }

  @Test
  void execWithoutItsDescriptorsIsRefused() throws Exception {
    Reply reply = shim.daemon().call(ToShim.newBuilder().setStartExec(StartExec.newBuilder()));
    assertThat(reply.getFailure().getMessage()).contains("descriptors");
  }

  @Test
  void execInUnknownContainerClosesItsDescriptors() throws Exception {
    shim.daemon().call(list());
    long before = shim.descriptors();
    try (Pipe pipe = Pipe.open()) {
      Fd fd = pipe.writer();
      StartExec.Builder exec = StartExec.newBuilder().setExecId("e1").setContainerId("c9");
      Reply reply = shim.daemon().call(ToShim.newBuilder().setStartExec(exec), fd, fd, fd);
      assertThat(reply.getFailure().getKind()).isEqualTo(Failure.Kind.NOT_FOUND);
    }
    assertThat(shim.descriptors()).isEqualTo(before);
  }

  @Test
  void unannouncedDescriptorsCloseTheConnectionAndAreClosed() throws Exception {
    shim.daemon().call(list());
    long before = shim.descriptors();
    try (Pipe pipe = Pipe.open()) {
      shim.daemon().send(list(), pipe.writer(), pipe.reader());
      assertThat(shim.daemon().isClosedByShim()).isTrue();
    }
    shim.reconnect(shim.socketPath);
    shim.daemon().call(list());
    assertThat(shim.descriptors()).isEqualTo(before);
  }

  @Test
  void connectionsLeaveNoDescriptor() throws Exception {
    shim.daemon().call(list());
    long before = shim.descriptors();
    for (int i = 0; i < 200; i++) {
      shim.reconnect(shim.socketPath);
      shim.daemon().call(list());
    }
    assertThat(shim.descriptors()).isEqualTo(before);
  }

  @Test
  void daemonThatDoesNotReadIsDisconnectedAtABound() throws Exception {
    byte[] body = list().setId(7).build().toByteArray();
    ByteBuffer frames = ByteBuffer.allocate(20_000 * (4 + body.length));
    for (int i = 0; i < 20_000; i++) {
      frames.putInt(body.length).put(body);
    }
    boolean closed = false;
    for (int i = 0; i < 40 && !closed; i++) {
      try {
        shim.daemon().sendRaw(frames.array());
      } catch (IOException e) {
        closed = true;
      }
    }
    assertThat(closed).isTrue();
    shim.reconnect(shim.socketPath);
    assertThat(shim.daemon().call(list()).hasProcesses()).isTrue();
  }

  @Test
  void shutdownEndsTheProcessAndItsSocket() throws Exception {
    Reply reply = shim.daemon().call(ToShim.newBuilder().setShutdown(Shutdown.newBuilder()));
    assertThat(reply.hasDone()).isTrue();
    assertThat(shim.exitCode()).isZero();
    assertThat(shim.socketPath).doesNotExist();
    assertThat(Files.readString(shim.errorLog)).isEmpty();
  }

  private static ToShim.Builder list() {
    return ToShim.newBuilder().setListProcesses(ListProcesses.getDefaultInstance());
  }

  private static ToShim.Builder adopt(String sandboxId, Path socket) {
    return ToShim.newBuilder()
        .setAdopt(Adopt.newBuilder().setSandboxId(sandboxId).setSocketPath(socket.toString()));
  }

  private static void putVarint(ByteBuffer out, int value) {
    int left = value;
    while (left >>> 7 != 0) {
      out.put((byte) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    out.put((byte) left);
  }

  private static int varintLength(int value) {
    return value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
  }
}
