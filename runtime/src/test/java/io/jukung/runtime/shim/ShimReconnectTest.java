package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.launch.Program;
import io.jukung.linux.libc.Arch;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ExecExited;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.ProcessList;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.Started;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client whose shim, this test, closes connections and refuses others. */
@Timeout(60)
class ShimReconnectTest {
  private static final String REQUEST_LIST = "LIST_PROCESSES";
  private static final LaunchPlan NO_STEPS =
      LaunchPlan.newBuilder()
          .setConfine(ByteString.copyFrom(Program.empty().encode(Arch.CURRENT)))
          .build();

  @TempDir private Path directory;
  private Path path;
  private ServerSocketChannel server;
  private DescriptorLoop loop;
  private ShimClient client;

  private static final ShimOwner NOBODY =
      new ShimOwner() {
        @Override
        public void containerExited(String sandboxId, ContainerExited exit) {}

        @Override
        public void logLeftOut(String sandboxId, String containerId, long bytes) {}

        @Override
        public void used() {
          // nobody waits for a quiet moment here
        }

        @Override
        public SleepCounts sleepCounts() {
          return new SleepCounts();
        }

        @Override
        public void shimEnded(ShimClient shim, @Nullable String sandboxId, boolean expected) {}
      };

  @BeforeEach
  void connect() throws IOException {
    path = directory.resolve("shim.sock");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    loop = DescriptorLoop.start("reconnect test");
    client = ShimClient.of(loop, NOBODY, UnixSocket.connect(path), path, "s1");
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    loop.close();
    server.close();
  }

  @Test
  void connectionOfAFailedAttemptIsClosed() throws Exception {
    server.accept().close();
    try (SocketChannel refused = server.accept()) {
      answer(refused, REQUEST_LIST, failure());
      try (SocketChannel accepted = server.accept()) {
        answer(accepted, REQUEST_LIST, noProcesses());
        assertThat(refused.read(ByteBuffer.allocate(1))).as("end of file").isEqualTo(-1);
      }
    }
  }

  @Test
  void endOfAFailedAttemptsConnectionFailsNoExec() throws Exception {
    server.accept().close();
    SocketChannel refused = server.accept();
    answer(refused, REQUEST_LIST, failure());
    try (SocketChannel accepted = server.accept();
        Pipe pipe = Pipe.open()) {
      answer(accepted, REQUEST_LIST, noProcesses());
      CompletableFuture<Integer> exit = new CompletableFuture<>();
      CountDownLatch started = new CountDownLatch(1);
      Thread.ofPlatform().start(() -> exec(pipe, started, exit));
      answer(accepted, "START_EXEC", Reply.newBuilder().setStarted(Started.newBuilder().setPid(1)));
      started.await();
      refused.close();
      // The loop handles events in their order, so the client sees the close before this.
      send(
          accepted,
          FromShim.newBuilder()
              .setExecExited(ExecExited.newBuilder().setExecId("e1").setExitCode(5))
              .build());
      assertThat(exit.get(10, TimeUnit.SECONDS)).isEqualTo(5);
    }
  }

  private void exec(Pipe pipe, CountDownLatch started, CompletableFuture<Integer> exit) {
    try {
      while (!start(pipe.writer())) {
        Thread.onSpinWait();
      }
      started.countDown();
      exit.complete(client.execExit("e1").get());
    } catch (IOException | InterruptedException | ExecutionException | RuntimeException e) {
      exit.completeExceptionally(e);
    }
  }

  /** Returns false before the client uses the connection on which it was answered last. */
  private boolean start(Fd end) throws IOException {
    try {
      client.exec("e1", "c1", NO_STEPS, end, end, end, Duration.ofSeconds(10));
      return true;
    } catch (CriException e) {
      if (e.kind() != ErrorKind.UNAVAILABLE) {
        throw e;
      }
      return false;
    }
  }

  private static Reply.Builder failure() {
    return Reply.newBuilder().setFailure(Failure.newBuilder().setMessage("not now"));
  }

  private static Reply.Builder noProcesses() {
    return Reply.newBuilder().setProcesses(ProcessList.newBuilder().setSandboxId("s1"));
  }

  /** Reads one request and answers. */
  private static void answer(SocketChannel channel, String expected, Reply.Builder reply)
      throws IOException {
    ByteBuffer length = read(channel, Integer.BYTES);
    ToShim request = ToShim.parseFrom(read(channel, length.getInt()));
    assertThat(request.getCallCase()).hasToString(expected);
    send(channel, FromShim.newBuilder().setReply(reply.setId(request.getId())).build());
  }

  private static ByteBuffer read(SocketChannel channel, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      assertThat(channel.read(bytes)).isNotNegative();
    }
    return bytes.flip();
  }

  private static void send(SocketChannel channel, FromShim message) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(Frames.encode(message));
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }
}
