package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.Readiness;
import io.jukung.shim.v1.AttachContainer;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests clients that are attached to the containers of a real shim. Needs root. */
@Timeout(120)
class ShimAttachTest {
  @TempDir Path directory;

  private final List<Client> clients = new ArrayList<>();
  private RunningShim shim;

  @BeforeEach
  void start() throws Exception {
    shim = RunningShim.start(directory);
  }

  @AfterEach
  void stop() throws Exception {
    clients.forEach(Client::close);
    shim.close();
  }

  @Test
  void allAttachedClientsGetTheOutputThatIsLogged() throws Exception {
    start("c1", LaunchPlans.shell("read go; echo out; echo err >&2; echo bye"), true, false);
    Client one = attach("c1");
    Client two = attach("c1");
    two.type("go\n");
    assertThat(one.readOutput()).isEqualTo("out\nbye\n");
    assertThat(two.readOutput()).isEqualTo("out\nbye\n");
    assertThat(one.readErrors()).isEqualTo("err\n");
    assertThat(two.readErrors()).isEqualTo("err\n");
    shim.exit();
    assertThat(log("c1")).contains(" stdout F out\n").contains(" stderr F err\n");
  }

  @Test
  void clientAttachedBeforeTheStartGetsAllOutput() throws Exception {
    Client client = attach("c1");
    client.type("typed before\n");
    start("c1", LaunchPlans.shell("echo first; head -n 1"), true, false);
    assertThat(client.readOutput()).isEqualTo("first\ntyped before\n");
    assertThat(shim.exit().getExitCode()).isZero();
  }

  @Test
  void clientOfAFailedStartSeesTheEnd() throws Exception {
    Client client = attach("c1");
    assertThat(shim.call(shim.request("c1", LaunchPlans.command("/nonexistent"))).hasFailure())
        .isTrue();
    assertThat(client.readOutput()).isEmpty();
  }

  @Test
  void standardInputStaysOpenWhenAClientLeaves() throws Exception {
    start("c1", LaunchPlans.shell("read a; read b; echo $a $b"), true, false);
    Client first = attach("c1");
    first.type("one\n");
    first.close();
    assertThat(shim.daemon().isSilent(Duration.ofMillis(300))).isTrue();
    Client second = attach("c1");
    second.type("two\n");
    assertThat(second.readOutput()).isEqualTo("one two\n");
    shim.exit();
  }

  @Test
  void standardInputThatIsOpenOnceClosesWithTheFirstClientsInput() throws Exception {
    start("c1", LaunchPlans.shell("cat; echo end"), true, true);
    Client reader = attach("c1");
    Client writer = attach("c1");
    writer.type("text\n");
    writer.endInput();
    assertThat(reader.readOutput()).isEqualTo("text\nend\n");
    assertThat(shim.exit().getExitCode()).isZero();
  }

  @Test
  void muchInputReachesAContainerThatReadsLate() throws Exception {
    start("c1", LaunchPlans.shell("sleep 0.5; wc -c"), true, true);
    Client client = attach("c1");
    byte[] piece = new byte[1 << 20];
    for (int i = 0; i < 4; i++) {
      client.in.writer().write(piece);
    }
    client.endInput();
    assertThat(client.readOutput().strip()).isEqualTo(Integer.toString(4 << 20));
    shim.exit();
  }

  @Test
  void terminalIsTypedToAndStaysWhenTheClientLeaves() throws Exception {
    LaunchPlan.Builder plan = LaunchPlans.terminalShell("read word; echo got $word; sleep 1000");
    assertThat(shim.call(shim.request("c1", plan).setTty(true).setStdin(true)).hasStarted())
        .isTrue();
    Client client = attach("c1");
    client.type("boat\n");
    client.awaitOutput("got boat\r\n");
    client.close();
    assertThat(shim.daemon().isSilent(Duration.ofMillis(300))).isTrue();
    assertThat(shim.signal("c1", 9).hasDone()).isTrue();
    assertThat(shim.exit().getExitCode()).isEqualTo(137);
  }

  @Test
  void slowClientGetsAllOutputAndDelaysNoOtherContainer() throws Exception {
    start("c1", LaunchPlans.shell("read go; seq 200000"), true, false);
    Client slow = attach("c1");
    slow.type("go\n");
    RunningShim.await("the pipe is full", () -> log("c1").length() > 64 * 1024);
    start("c2", LaunchPlans.shell("echo quick"), false, false);
    assertThat(shim.exit().getExitCode()).isZero();
    StringBuilder expected = new StringBuilder();
    for (int i = 1; i <= 200_000; i++) {
      expected.append(i).append('\n');
    }
    assertThat(slow.readOutput()).isEqualTo(expected.toString());
    shim.exit();
  }

  @Test
  void clientThatNeverReadsDoesNotStopTheApplicationForEver() throws Exception {
    start("c1", LaunchPlans.shell("read go; seq 100000; echo over >&2; read x"), true, false);
    Client stuck = attach("c1");
    stuck.type("go\n");
    RunningShim.await("the application goes on", () -> log("c1").contains(" stderr F over\n"));
    assertThat(Files.readString(shim.errorLog)).contains("did not read and is detached");
    stuck.close();
  }

  @Test
  void detachedClientsLeaveNoDescriptor() throws Exception {
    start("c1", LaunchPlans.command("/bin/sleep", "1000"), true, false);
    long before = shim.descriptors();
    for (int i = 0; i < 1_000; i++) {
      attach("c1").close();
    }
    RunningShim.await("descriptors as before", () -> shim.descriptors() == before);
    assertThat(shim.signal("c1", 9).hasDone()).isTrue();
    shim.exit();
  }

  @Test
  void attachToAnExitedContainerIsRefused() throws Exception {
    start("c1", LaunchPlans.command("/bin/true"), false, false);
    shim.exit();
    try (Client client = new Client()) {
      Failure failure = client.attach("c1").getFailure();
      assertThat(failure.getKind()).isEqualTo(Failure.Kind.FAILED_PRECONDITION);
      assertThat(client.readOutput()).isEmpty();
    }
    AttachContainer.Builder bare = AttachContainer.newBuilder().setContainerId("c1").setStdin(true);
    assertThat(shim.daemon().call(ToShim.newBuilder().setAttachContainer(bare)).hasFailure())
        .isTrue();
  }

  /** The daemon's ends of a client's pipes. */
  private final class Client implements AutoCloseable {
    final Pipe in = Pipe.open();
    final Pipe out = Pipe.open();
    final Pipe err = Pipe.open();

    Client() throws IOException {
      clients.add(this);
    }

    Reply attach(String containerId) throws Exception {
      AttachContainer.Builder request =
          AttachContainer.newBuilder()
              .setContainerId(containerId)
              .setStdin(true)
              .setStdout(true)
              .setStderr(true);
      Reply reply =
          shim.daemon()
              .call(
                  ToShim.newBuilder().setAttachContainer(request),
                  in.reader(),
                  out.writer(),
                  err.writer());
      in.reader().close();
      out.writer().close();
      err.writer().close();
      return reply;
    }

    void type(String text) throws IOException {
      in.writer().write(text.getBytes(StandardCharsets.UTF_8));
    }

    void endInput() {
      in.writer().close();
    }

    String readOutput() throws Exception {
      return readAll(out.reader());
    }

    String readErrors() throws Exception {
      return readAll(err.reader());
    }

    void awaitOutput(String wanted) throws Exception {
      StringBuilder text = new StringBuilder();
      while (text.indexOf(wanted) < 0) {
        assertThat(readSome(out.reader(), text)).as("after %s", text).isTrue();
      }
    }

    @Override
    public void close() {
      in.close();
      out.close();
      err.close();
    }
  }

  private Client attach(String containerId) throws Exception {
    Client client = new Client();
    assertThat(client.attach(containerId).hasDone()).isTrue();
    return client;
  }

  private static String readAll(Fd fd) throws Exception {
    StringBuilder text = new StringBuilder();
    while (readSome(fd, text)) {
      // until the end
    }
    return text.toString();
  }

  /** Reads with a time limit; returns false at the end of the stream. */
  private static boolean readSome(Fd fd, StringBuilder text) throws Exception {
    if (Readiness.await(fd, Epoll.IN, Duration.ofSeconds(30).toMillis()) == 0) {
      throw new AssertionError("nothing comes after: " + text);
    }
    byte[] buffer = new byte[16 * 1024];
    int count = fd.read(buffer, 0, buffer.length);
    text.append(new String(buffer, 0, Math.max(count, 0), StandardCharsets.UTF_8));
    return count > 0;
  }

  private void start(String id, LaunchPlan.Builder plan, boolean stdin, boolean once)
      throws Exception {
    shim.start(shim.request(id, plan).setStdin(stdin).setStdinOnce(once));
  }

  private String log(String id) throws IOException {
    return Files.readString(directory.resolve(id + ".log"));
  }
}
