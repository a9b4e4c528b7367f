package io.jukung.image.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.image.buildcache.BuildCache;
import io.jukung.image.content.Digest;
import io.jukung.image.copy.BuildContext;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.push.ImagePusher;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.sharedcache.SharedCaches;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds with real stores, layers and overlays. Commands are not run: each writes its number to a
 * file. Needs root, and overlayfs on the file system of the temporary directory.
 */
abstract class BuildHarness {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temporary;
  PullFixture fixture;
  WildRegistry registry;
  BuildCache cache;
  ImageBuild builder;
  String base;
  Instant now = Instant.ofEpochSecond(1_700_000_000);
  final List<String> events = new CopyOnWriteArrayList<>();
  final List<CommandRunner.Command> commands = new CopyOnWriteArrayList<>();
  final AtomicInteger number = new AtomicInteger();
  Map<String, String> arguments = Map.of();
  byte[] context = new TestTar().bytes();
  String target = "";
  boolean noCache;
  String node = "one";
  List<String> tags = List.of();
  List<Platform> platforms = List.of(Platform.current());
  List<String> importedCaches = List.of();
  Optional<BuildSettings.CacheExport> exportedCache = Optional.empty();
  BuildOutput output = new BuildOutput.Store();

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary.resolve("store"), PullFixture.PATIENT);
    registry = WildRegistry.start();
    byte[] tar =
        new TestTar()
            .directory("etc")
            .file("etc/passwd", "root:x:0:0::/:\napp:x:12:34::/:\n")
            .file("etc/group", "staff:x:50:\n")
            .bytes();
    registry.add(
        "base", "1", TestImage.of(tar).config(c -> c.putArray("Env").add("A=base")).build());
    base = registry.reference("base:1");
    openCache();
  }

  @AfterEach
  void close() throws Exception {
    registry.close();
    fixture.close();
  }

  /** Opens the cache as a daemon does that starts. */
  final void openCache() throws IOException {
    cache = BuildCache.open(temporary.resolve(node + "-steps"), fixture.store, () -> now);
    var pusher = new ImagePusher(fixture.store, fixture.client);
    builder =
        new ImageBuild(
            fixture.store,
            fixture.puller,
            cache,
            new SharedCaches(fixture.store, fixture.client, pusher, fixture.gate));
  }

  StoredImage build(String dockerfile) throws Exception {
    return fixture.store.find(export(dockerfile)).orElseThrow();
  }

  /** Builds, and returns the image's ID, which may be empty. */
  String export(String dockerfile) throws Exception {
    events.clear();
    commands.clear();
    var settings =
        new BuildSettings(
            dockerfile.replace("BASE", base),
            tags,
            arguments,
            target,
            platforms,
            noCache,
            false,
            Map.of(),
            CommandRunner.Network.DEFAULT,
            output,
            importedCaches,
            exportedCache,
            List.of());
    try (BuildContext files =
        BuildContext.unpack(
            new ByteArrayInputStream(context),
            "none",
            fixture.store.temporary(),
            fixture.store.layerLimits())) {
      return builder.build(settings, files, FakeRunner::new, new Listener());
    }
  }

  private final class Listener implements BuildListener {
    @Override
    public Step begin(String name, int line) {
      events.add(name);
      return new Step() {
        @Override
        public void output(boolean error, byte[] data, int length) {
          events.add(new String(data, 0, length, UTF_8));
        }

        @Override
        public void done(boolean cached, Duration duration) {
          if (cached) {
            events.add("cached " + name);
          }
        }

        @Override
        public void failed(String reason, String excerpt, int exitCode) {
          events.add("failed " + exitCode + " " + reason + "\n" + excerpt);
        }
      };
    }

    @Override
    public void warning(String text) {
      events.add(text);
    }
  }

  /** Writes the number of the command to /ran-N, unless its last argument says how it ends. */
  private final class FakeRunner implements CommandRunner {
    @Override
    public Ended run(Command command, Output output) throws IOException, InterruptedException {
      commands.add(command);
      Path upper = Files.createTempDirectory(temporary, "upper-");
      String last = command.arguments().getLast();
      if (last.startsWith("wait ")) {
        Objects.requireNonNull(latches.get(last.substring("wait ".length()))).countDown();
        for (CountDownLatch each : latches.values()) {
          assertThat(each.await(60, TimeUnit.SECONDS)).isTrue();
        }
      }
      if (last.equals("hang")) {
        new CountDownLatch(1).await();
      }
      if (!last.equals("nothing")) {
        Files.writeString(upper.resolve("ran"), "number " + number.incrementAndGet());
      }
      byte[] text = ("output of " + last).getBytes(UTF_8);
      output.write(false, text, text.length);
      return new Ended() {
        @Override
        public int exitCode() {
          return last.equals("fail") ? 3 : 0;
        }

        @Override
        public boolean outOfMemory() {
          return false;
        }

        @Override
        public Path upper() {
          return upper;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public boolean hasSecret(String id) {
      return id.equals("known");
    }

    @Override
    public boolean hasAgent(String id) {
      return id.equals("default");
    }

    @Override
    public void close() {}
  }

  /** What the commands of stages that run at the same time wait for. */
  final Map<String, CountDownLatch> latches = new HashMap<>();

  JsonNode configuration(StoredImage image) throws Exception {
    return JSON.readTree(
        fixture.store.content().read(Digest.parse(image.id()), ConfigDocument.MAX_BYTES));
  }

  /** The content of a file of an image; empty if there is none. */
  Optional<String> file(StoredImage image, String path) throws Exception {
    for (Path layer : fixture.mounted(image.id())) {
      if (Files.exists(layer.resolve(path))) {
        return Optional.of(Files.readString(layer.resolve(path)));
      }
    }
    return Optional.empty();
  }

  long steps() {
    return events.stream().filter(each -> each.startsWith("cached ")).count();
  }
}
