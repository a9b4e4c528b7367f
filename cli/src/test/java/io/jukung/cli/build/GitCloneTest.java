package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.jukung.cli.command.Caller;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.linux.fs.Fd;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the git of this machine against servers of the test. */
class GitCloneTest {
  private static final long WAIT_SECONDS = 30;

  @TempDir Path directory;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final FakeCaller caller = new FakeCaller();

  @Test
  void gitIsGivenTheLoginOfTheUrlByNoArgument() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          List<String> proof =
              exchange.getRequestHeaders().getOrDefault("Authorization", List.of());
          asked.add(proof.isEmpty() ? "nothing" : proof.getFirst());
          exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"git\"");
          exchange.sendResponseHeaders(proof.isEmpty() ? 401 : 404, -1);
          exchange.close();
        });
    server.start();
    try {
      String host = "127.0.0.1:" + server.getAddress().getPort();
      GitClone git =
          new GitClone(ContextUrl.of("http://me:se%5Ccret@" + host + "/a.git#main"), environment());
      assertThatThrownBy(() -> git.run(Files.createDirectory(directory.resolve("clone"))))
          .isInstanceOf(CliException.class)
          .hasMessageContaining("git fetch has failed")
          .hasMessageNotContaining("se");
      String proof = Base64.getEncoder().encodeToString("me:se\\cret".getBytes(UTF_8));
      assertThat(asked).containsExactly("nothing", "Basic " + proof);
      assertThat(said.toString(UTF_8)).contains(host).doesNotContain("cret");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void signalEndsGitAndRemovesTheClone() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      GitClone git =
          new GitClone(
              ContextUrl.of("http://127.0.0.1:" + silent.getLocalPort() + "/a.git"), environment());
      ClonedFiles files = ClonedFiles.make(git, environment());
      CompletableFuture<Path> clone =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return git.run(files.directory());
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      try (Socket _ = silent.accept()) {
        Thread hook = caller.hooks.getFirst();
        hook.start();
        hook.join();
        assertThat(files.directory()).doesNotExist();
        assertThatThrownBy(() -> clone.get(WAIT_SECONDS, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class);
      }
      files.close();
      assertThat(caller.hooks).isEmpty();
    }
  }

  private CliEnvironment environment() {
    return new CliEnvironment(
        InputStream.nullInputStream(),
        new PrintStream(said, true, UTF_8),
        new PrintStream(said, true, UTF_8),
        false,
        Map.of("PATH", System.getenv("PATH"), "HOME", directory.toString()),
        InstantSource.system(),
        caller);
  }

  private static final class FakeCaller implements Caller {
    private final List<Thread> hooks = new ArrayList<>();

    @Override
    public Path directory() {
      return Path.of("/");
    }

    @Override
    public Path reach(Path named) {
      return named;
    }

    @Override
    public Fd duplicateInput() {
      throw new UnsupportedOperationException("standard input");
    }

    @Override
    public Display display() {
      return Display.NONE;
    }

    @Override
    public void awaitForeground() {}

    @Override
    public void addEndHook(Thread hook) {
      hooks.add(hook);
    }

    @Override
    public void removeEndHook(Thread hook) {
      hooks.remove(hook);
    }
  }
}
