package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.jukung.cri.CriException;
import io.jukung.cri.client.CriChannel;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopContainerResponse;
import io.jukung.cri.v1.StreamContainersRequest;
import io.jukung.cri.v1.StreamContainersResponse;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.DataSize;
import io.jukung.runtime.config.FileMode;
import io.jukung.runtime.server.FakeServices.FakeImages;
import io.jukung.runtime.server.FakeServices.FakeRuntime;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Timeout(60)
class CriServerTest {
  private static final Config.Server SETTINGS =
      new Config.Server(
          new FileMode(0640), "root", DataSize.ofMebibytes(1), Duration.ofSeconds(10));

  @TempDir Path directory;
  private Path socket;
  private final FakeRuntime runtime = new FakeRuntime();
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void name() {
    socket = directory.resolve("run/jukung.sock");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  @Test
  void answersOnASocketOfTheConfiguredMode() throws Exception {
    start();

    assertThat(client().stopContainer(StopContainerRequest.getDefaultInstance()))
        .isEqualTo(StopContainerResponse.getDefaultInstance());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-r-----");
  }

  @Test
  void rehearsalIsAnsweredBeforeClientsCanConnectAndLeavesNoAnswerBehind() throws Exception {
    CriServer opened = CriServer.open(ListeningSocket.claim(socket), SETTINGS);
    open.add(opened);

    assertThat(opened.rehearse()).isTrue();
    assertThat(socket).doesNotExist();

    opened.serve(List.of(runtime));
    client().stopContainer(StopContainerRequest.getDefaultInstance());
    assertThatThrownBy(() -> client().version(VersionRequest.getDefaultInstance()))
        .hasMessageStartingWith("UNIMPLEMENTED");
    assertThat(opened.rehearse()).isFalse();
  }

  @Test
  void socketIsGoneAfterClose() throws Exception {
    start().close();

    assertThat(directory.resolve("run")).isEmptyDirectory();
  }

  @Test
  void socketOfADeadProcessIsReplaced() throws Exception {
    Files.createDirectory(directory.resolve("run"));
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket));
    }
    assertThat(socket).exists();

    start();

    client().stopContainer(StopContainerRequest.getDefaultInstance());
  }

  @Test
  void socketOnWhichAnotherProcessListensIsNotReplaced() throws Exception {
    start();

    assertThatThrownBy(
            () ->
                CriServer.start(
                    ListeningSocket.claim(socket), SETTINGS, List.of(new FakeRuntime())))
        .isInstanceOf(StartupException.class)
        .hasMessage("socket " + socket + " is in use by another process");
    client().stopContainer(StopContainerRequest.getDefaultInstance());
  }

  @Test
  void fileAtTheSocketsPathIsNotDeleted() throws Exception {
    Files.createDirectory(directory.resolve("run"));
    Files.writeString(socket, "precious");

    assertThatThrownBy(this::start)
        .isInstanceOf(StartupException.class)
        .hasMessage(socket + " exists and is not a socket");
    assertThat(socket).hasContent("precious");
  }

  @Test
  void tooLongSocketPathIsReportedInOneSentence() {
    socket = directory.resolve("x".repeat(120));

    assertThatThrownBy(this::start)
        .hasMessage(
            "socket path " + socket + " is too long, a unix socket's has at most 103 bytes");
  }

  @Test
  void unknownGroupIsReportedInOneSentenceAndLeavesNoSocket() throws Exception {
    var settings =
        new Config.Server(
            new FileMode(0600), "nosuchgroup", DataSize.ofMebibytes(1), Duration.ZERO);

    assertThatThrownBy(
            () -> CriServer.start(ListeningSocket.claim(socket), settings, List.of(runtime)))
        .hasMessage("cannot listen on " + socket + ": there is no group nosuchgroup");
    assertThat(directory.resolve("run")).isEmptyDirectory();
  }

  /** The bytes of a StopContainerRequest whose container_id is not UTF-8, or is cut off. */
  @ParameterizedTest
  @ValueSource(strings = {"0a01ff", "0a05ff"})
  void malformedRequestIsAnInvalidArgument(String hex) throws Exception {
    start();
    var raw =
        MethodDescriptor.<byte[], StopContainerResponse>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(RuntimeServiceGrpc.getStopContainerMethod().getFullMethodName())
            .setRequestMarshaller(new RawRequests())
            .setResponseMarshaller(
                RuntimeServiceGrpc.getStopContainerMethod().getResponseMarshaller())
            .build();

    Status status =
        statusOf(
            () ->
                ClientCalls.blockingUnaryCall(
                    client().getChannel(), raw, CallOptions.DEFAULT, HexFormat.of().parseHex(hex)));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).startsWith("the request is not valid");
  }

  private static final class RawRequests implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void rpcWithoutImplementationIsUnimplemented() throws Exception {
    start();

    assertThat(statusOf(() -> client().version(VersionRequest.getDefaultInstance())).getCode())
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void callerReceivesTheMessageOfAFailure() throws Exception {
    runtime.stop =
        request -> {
          throw CriException.notFound(
              "container " + request.getContainerId() + ": no such container");
        };
    start();

    Status status = statusOf(() -> client().stopContainer(stop("abc")));

    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status.getDescription()).isEqualTo("container abc: no such container");
  }

  @Test
  void veryLongErrorTextIsReceivedAsTheErrorOfTheCall() throws Exception {
    runtime.stop =
        request -> {
          throw CriException.invalidArgument("ü\n".repeat(50_000));
        };
    start();

    Status status = statusOf(() -> client().stopContainer(stop("abc")));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).startsWith("ü\nü\n");
  }

  @Test
  void callThatEndsWithAnErrorOfTheJvmIsAnswered() throws Exception {
    runtime.stop =
        request -> {
          throw new StackOverflowError();
        };
    start();

    assertThat(statusOf(() -> client().stopContainer(stop("abc"))).getDescription())
        .isEqualTo("error inside jukung, see its log: java.lang.StackOverflowError");
  }

  @Test
  void callIsInterruptedWhenItsDeadlinePasses() throws Exception {
    var interrupted = new CompletableFuture<Boolean>();
    runtime.stop = request -> sleepUntilInterrupted(interrupted);
    start();

    // Long enough that the call arrives before its deadline, also on a busy machine.
    Status status =
        statusOf(() -> client().withDeadlineAfter(5, TimeUnit.SECONDS).stopContainer(stop("a")));

    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void callIsInterruptedWhenItsCallerCancels() throws Exception {
    var interrupted = new CompletableFuture<Boolean>();
    var begun = new CountDownLatch(1);
    runtime.stop =
        request -> {
          begun.countDown();
          return sleepUntilInterrupted(interrupted);
        };
    start();
    CriChannel channel = channel();
    var future = RuntimeServiceGrpc.newFutureStub(channel.grpc()).stopContainer(stop("a"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    future.cancel(true);

    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void manyBlockedCallsDoNotKeepAnotherFromBeingAnswered() throws Exception {
    var release = new CountDownLatch(1);
    var begun = new CountDownLatch(200);
    runtime.stop =
        request -> {
          if (request.getContainerId().equals("slow")) {
            begun.countDown();
            release.await();
          }
          return StopContainerResponse.getDefaultInstance();
        };
    start();
    var futures = RuntimeServiceGrpc.newFutureStub(channel().grpc());
    var slow = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 200; i++) {
      var future = futures.stopContainer(stop("slow"));
      var done = new CompletableFuture<Void>();
      future.addListener(() -> done.complete(null), Runnable::run);
      slow.add(done);
    }
    assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();

    client().stopContainer(stop("fast"));

    release.countDown();
    CompletableFuture.allOf(slow.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
  }

  @Test
  void streamGivesItsItemsInOrderThenEnds() throws Exception {
    runtime.stream =
        (request, sink) -> {
          for (int i = 0; i < 3; i++) {
            sink.accept(
                StreamContainersResponse.newBuilder()
                    .addContainers(io.jukung.cri.v1.Container.newBuilder().setId("c" + i))
                    .build());
          }
        };
    start();

    var ids = new ArrayList<String>();
    client()
        .streamContainers(StreamContainersRequest.getDefaultInstance())
        .forEachRemaining(chunk -> ids.add(chunk.getContainers(0).getId()));

    assertThat(ids).containsExactly("c0", "c1", "c2");
  }

  @Test
  void streamToACallerThatHasLeftIsInterruptedWithoutAnException() throws Exception {
    var ended = new CompletableFuture<String>();
    runtime.stream =
        (request, sink) -> {
          try {
            while (!Thread.currentThread().isInterrupted()) {
              sink.accept(StreamContainersResponse.getDefaultInstance());
              TimeUnit.MILLISECONDS.sleep(1);
            }
            ended.complete("flag");
          } catch (InterruptedException e) {
            sink.accept(StreamContainersResponse.getDefaultInstance());
            ended.complete("interrupt");
          } catch (RuntimeException e) {
            ended.complete(e.toString());
          }
        };
    start();
    CriChannel channel = channel();
    var items =
        RuntimeServiceGrpc.newBlockingStub(channel.grpc())
            .streamContainers(StreamContainersRequest.getDefaultInstance());
    assertThat(items.hasNext()).isTrue();

    channel.close();

    assertThat(ended.get(10, TimeUnit.SECONDS)).isIn("interrupt", "flag");
  }

  @Test
  void tooLargeRequestIsRefusedAndTheConnectionStaysOpen() throws Exception {
    start();
    var client = client();

    Status status = statusOf(() -> client.stopContainer(stop("x".repeat((1 << 20) + 1))));

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    client.stopContainer(stop("small"));
  }

  @Test
  void closeWaitsForACallInFlight() throws Exception {
    var begun = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    runtime.stop =
        request -> {
          begun.countDown();
          release.await();
          return StopContainerResponse.getDefaultInstance();
        };
    CriServer server = start();
    var answer = RuntimeServiceGrpc.newFutureStub(channel().grpc()).stopContainer(stop("a"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    Thread closing = Thread.ofVirtual().start(() -> server.close(Duration.ofSeconds(20)));
    release.countDown();

    assertThat(answer.get(10, TimeUnit.SECONDS)).isNotNull();
    assertThat(closing.join(Duration.ofSeconds(20))).isTrue();
  }

  @Test
  void closeInterruptsACallThatIsLongerThanTheGracePeriod() throws Exception {
    var interrupted = new CompletableFuture<Boolean>();
    var begun = new CountDownLatch(1);
    runtime.stop =
        request -> {
          begun.countDown();
          return sleepUntilInterrupted(interrupted);
        };
    CriServer server = start();
    var answer = RuntimeServiceGrpc.newFutureStub(channel().grpc()).stopContainer(stop("a"));
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    server.close(Duration.ofMillis(50));

    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void accessLogNamesCallSubjectAndStatusAndNoSecret() throws Exception {
    var log = new ListAppender<ILoggingEvent>();
    log.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level before = root.getLevel();
    root.addAppender(log);
    root.setLevel(Level.DEBUG);
    try {
      start();
      client().stopContainer(stop("abc"));
      ImageServiceGrpc.newBlockingStub(channel().grpc())
          .pullImage(
              PullImageRequest.newBuilder()
                  .setImage(ImageSpec.newBuilder().setImage("busybox:1"))
                  .setAuth(AuthConfig.newBuilder().setUsername("joe").setPassword("hunter2"))
                  .build());
      // The line is written after the answer is sent, by a thread that the server does not wait
      // for.
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (lines(log).stream().noneMatch(line -> line.startsWith("PullImage "))
          && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
    } finally {
      root.setLevel(before);
      root.detachAppender(log);
    }

    assertThat(lines(log))
        .anySatisfy(line -> assertThat(line).matches("StopContainer abc OK in \\d+ ms"))
        .anySatisfy(line -> assertThat(line).matches("PullImage busybox:1 OK in \\d+ ms"))
        .noneSatisfy(line -> assertThat(line).contains("hunter2"));
  }

  private static List<String> lines(ListAppender<ILoggingEvent> log) {
    synchronized (log) { // as the appender does
      return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
  }

  private CriServer start() throws StartupException {
    CriServer server =
        CriServer.start(
            ListeningSocket.claim(socket), SETTINGS, List.of(runtime, new FakeImages()));
    open.add(server);
    return server;
  }

  private CriChannel channel() {
    CriChannel channel = CriChannel.open(socket, 1 << 24);
    open.add(channel);
    return channel;
  }

  private RuntimeServiceGrpc.RuntimeServiceBlockingStub client() {
    return RuntimeServiceGrpc.newBlockingStub(channel().grpc());
  }

  private static StopContainerRequest stop(String id) {
    return StopContainerRequest.newBuilder().setContainerId(id).build();
  }

  private static StopContainerResponse sleepUntilInterrupted(CompletableFuture<Boolean> interrupted)
      throws InterruptedException {
    try {
      TimeUnit.MINUTES.sleep(1);
      interrupted.complete(false);
      return StopContainerResponse.getDefaultInstance();
    } catch (InterruptedException e) {
      interrupted.complete(true);
      throw e;
    }
  }

  private static Status statusOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("the call succeeded");
  }
}
