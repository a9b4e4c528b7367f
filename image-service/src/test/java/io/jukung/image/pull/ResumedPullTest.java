package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.image.content.Digest;
import io.jukung.image.pull.PullFixture.Work;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.store.StoreCheck;
import io.jukung.image.store.StoreCheck.Finding;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls that continue what an interrupted pull has left. Needs root. */
class ResumedPullTest {
  private static final int ARRIVED = 600_000;

  @TempDir Path temporary;
  private WildRegistry registry;
  private PullFixture fixture;
  private TestImage image;
  private Digest layer;
  private byte[] blob;

  @BeforeEach
  void open() throws IOException {
    registry = WildRegistry.start();
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    byte[] noise = new byte[1_000_000];
    new Random(7).nextBytes(noise);
    image = TestImage.of(new TestTar().file("noise", noise, entry -> {}).bytes()).build();
    registry.add("app", "1", image);
    layer = image.layers().getFirst();
    blob = image.blob(layer);
  }

  @AfterEach
  void close() throws IOException {
    fixture.close();
    registry.close();
  }

  @Test
  void pullContinuesAtTheFirstByteThatAnInterruptedPullHasNotFetched() throws Exception {
    interruptPull();
    assertThat(partial()).hasSize(ARRIVED);
    assertPullContinuesAt(ARRIVED);
    assertThat(temporary.resolve("images/partial")).isEmptyDirectory();
  }

  @Test
  void pullContinuesAfterARestart() throws Exception {
    interruptPull();
    reopen();
    assertPullContinuesAt(ARRIVED);
  }

  @Test
  void pullContinuesWhatAKilledProcessHasLeft() throws Exception {
    interruptPull();
    Files.move(partial(), fixture.temporary().resolve("blob-sha256-" + layer.hex() + "-17"));
    Files.write(fixture.temporary().resolve("blob-sha256-00-18"), new byte[ARRIVED]);
    reopen();
    assertPullContinuesAt(ARRIVED);
    fixture.store.remove(image.id());
    fixture.assertNothingIsLeft();
  }

  @Test
  void wholeBlobIsReadIfRegistryIgnoresTheRange() throws Exception {
    interruptPull();
    registry.on(layer, (request, reply) -> reply.whole(200, blob));
    assertPullContinuesAt(ARRIVED);
  }

  @Test
  void wholeBlobIsAskedForIfRegistryRefusesTheRange() throws Exception {
    interruptPull();
    registry.on(layer, (request, reply) -> reply.whole(200, blob));
    registry.on(layer, 1, (request, reply) -> reply.empty(416));
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(ranges()).containsExactly("", "bytes=" + ARRIVED + "-", "");
  }

  @Test
  void blobIsFetchedFromItsStartIfTheKeptPartIsDamaged() throws Exception {
    interruptPull();
    try (RandomAccessFile file = new RandomAccessFile(partial().toFile(), "rw")) {
      file.seek(ARRIVED / 2);
      file.write(~blob[ARRIVED / 2]);
    }
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(ranges()).containsExactly("", "bytes=" + ARRIVED + "-", "");
    assertThat(temporary.resolve("images/partial")).isEmptyDirectory();
  }

  @Test
  void keptPartThatIsLongerThanTheBlobIsNotUsed() throws Exception {
    interruptPull();
    try (RandomAccessFile file = new RandomAccessFile(partial().toFile(), "rw")) {
      file.setLength(blob.length + 1L);
    }
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(ranges()).containsExactly("", "");
  }

  @Test
  void keptPartThatIsTheWholeBlobIsVerifiedAndUsed() throws Exception {
    interruptPull();
    Files.write(partial(), blob);
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(ranges()).containsExactly("");
  }

  @Test
  void partOfABlobWithAWrongDigestIsNotKept() throws Exception {
    registry.on(
        layer,
        (request, reply) -> {
          byte[] wrong = blob.clone();
          wrong[blob.length - 1] ^= 1;
          reply.whole(200, wrong);
        });
    fixture.refusal(registry.reference("app:1"));
    assertThat(temporary.resolve("images/partial")).isEmptyDirectory();
    fixture.assertNothingIsLeft();
  }

  @Test
  void oldPartIsReportedByTheCheckAndRemovedByTheNextSweep() throws Exception {
    interruptPull();
    assertThat(check()).isEmpty();
    Files.setLastModifiedTime(partial(), FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    String name = partial().toString();
    assertThat(check())
        .singleElement()
        .satisfies(finding -> assertThat(finding.subject()).contains(name));
    fixture.store.pin().close();
    assertThat(temporary.resolve("images/partial")).isEmptyDirectory();
  }

  private List<Finding> check() throws Exception {
    List<Finding> findings = new ArrayList<>();
    new StoreCheck(fixture.store, reference -> {}).run(/* repair= */ false, findings::add);
    return findings;
  }

  private void assertPullContinuesAt(int position) throws InterruptedException {
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(ranges()).containsExactly("", "bytes=" + position + "-");
  }

  /** Pulls until a part of the layer is on the disk, and interrupts the pull. */
  private void interruptPull() throws Exception {
    registry.on(
        layer,
        1,
        (request, reply) -> {
          reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, ARRIVED);
          reply.fallSilent();
        });
    Work<StoredImage> pull = PullFixture.start(this::pull);
    PullFixture.await("the part is in the file", () -> unfinishedBytes() == ARRIVED);
    pull.thread.interrupt();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(pull::get)
        .withCauseInstanceOf(InterruptedException.class);
    fixture.assertNothingIsLeft();
  }

  private long unfinishedBytes() {
    try (Stream<Path> files = Files.list(fixture.temporary())) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("blob-"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void reopen() throws IOException {
    fixture.close();
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
  }

  private StoredImage pull() throws InterruptedException {
    return fixture.pull(registry.reference("app:1"));
  }

  private Path partial() {
    return temporary.resolve("images/partial/sha256-" + layer.hex());
  }

  private List<String> ranges() {
    return registry.requests(layer).stream()
        .map(request -> request.headers().getOrDefault("range", ""))
        .toList();
  }
}
