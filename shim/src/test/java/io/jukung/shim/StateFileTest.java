package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.fs.Fd;
import io.jukung.shim.SavedPod.SavedContainer;
import io.jukung.shim.SavedPod.SavedExit;
import io.jukung.shim.SavedPod.SavedGate;
import io.jukung.shim.SavedPod.SavedLog;
import io.jukung.shim.SavedPod.SavedOutput;
import io.jukung.shim.StateFile.UnreadableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class StateFileTest {
  private static final long SEED = Long.getLong("fuzz.seed", 20261129);
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 20_000);

  /** In a state with two kept descriptors. */
  private static final int VERSION_AT = 16;

  private static final int CHECKSUM_AT = 24;
  private static final int STATE_AT = 28;
  private static final int[] KEPT = {7, 9};

  private static SavedContainer running(String tail) {
    return new SavedContainer(
        "running",
        "/run/jukung/containers/running",
        "/sys/fs/cgroup/pod/running",
        true,
        true,
        4242,
        1_700_000_000_123_456_789L,
        11,
        12,
        true,
        null,
        new SavedLog(
            "/var/log/pods/ü/0.log",
            13,
            true,
            17,
            new SavedGate(1 << 20, 4096, 3, 777, -5, 99, LogGate.State.TOO_FAST, 1234, 34)),
        List.of(
            new SavedOutput("stdout", 14, tail.getBytes(StandardCharsets.UTF_8)),
            new SavedOutput("stderr", SavedPod.NONE, new byte[0])));
  }

  private static SavedContainer ended() {
    return new SavedContainer(
        "ended",
        "/run/jukung/containers/ended",
        "",
        false,
        false,
        77,
        3,
        SavedPod.NONE,
        SavedPod.NONE,
        false,
        new SavedExit(137, 1_700_000_001_000_000_000L, true),
        new SavedLog("", SavedPod.NONE, false, 0, null),
        List.of());
  }

  private static SavedPod pod(SavedContainer... containers) {
    return new SavedPod(
        "/run/jukung/s1/shim.sock", "s1", 30_000, 12, 5, 6, 7, true, List.of(containers));
  }

  /** Shows every field. Two states are equal if their texts are. */
  private static String shown(SavedPod pod) {
    StringBuilder text = new StringBuilder(pod.toString());
    for (SavedContainer container : pod.containers()) {
      for (SavedOutput output : container.outputs()) {
        text.append(Arrays.toString(output.tail()));
      }
    }
    return text.toString().replaceAll("tail=\\[B@[0-9a-f]+", "");
  }

  private static byte[] encode(SavedPod pod) throws IOException {
    return StateFile.encode(pod, KEPT);
  }

  @Test
  void everyFieldIsReadAsItWasWritten() throws Exception {
    SavedPod pod = pod(running("a prompt$ "), ended());
    assertThat(shown(StateFile.decode(encode(pod)))).isEqualTo(shown(pod));
    assertThat(shown(pod)).contains("1700000000123456789", "droppedBytes=17", "exitCode=137");
  }

  @Test
  void aFileIsReadAsItWasWritten() throws Exception {
    SavedPod pod = pod(running("x".repeat(CriLog.MAX_CONTENT)), ended());
    try (Fd file = StateFile.write(pod, KEPT)) {
      byte[] content = StateFile.content(file);
      assertThat(shown(StateFile.decode(content))).isEqualTo(shown(pod));
      assertThat(StateFile.keptDescriptors(content)).isEqualTo(KEPT);
    }
  }

  /** Version 1 had no limits of logs. */
  @Test
  void aStateOfTheReleaseBeforeIsRead() throws Exception {
    byte[] content = encode(pod(ended()));
    // The container ends with the truth value of the limits and the count of its outputs.
    byte[] before = new byte[content.length - 1];
    int limitsAt = content.length - Integer.BYTES - 1;
    System.arraycopy(content, 0, before, 0, limitsAt);
    System.arraycopy(content, limitsAt + 1, before, limitsAt, Integer.BYTES);
    CRC32 sum = new CRC32();
    sum.update(before, STATE_AT, before.length - STATE_AT);
    ByteBuffer.wrap(before)
        .putInt(VERSION_AT, 1)
        .putInt(VERSION_AT + Integer.BYTES, before.length - STATE_AT)
        .putInt(CHECKSUM_AT, (int) sum.getValue());
    assertThat(shown(StateFile.decode(before))).isEqualTo(shown(pod(ended())));
  }

  @Test
  void everyDescriptorIsAmongThoseThatAreKept() {
    assertThat(pod(running(""), ended()).descriptors())
        .containsExactlyInAnyOrder(5, 6, 7, 11, 12, 13, 14);
  }

  @Test
  void anUnknownVersionIsRefusedAndItsDescriptorsAreStillRead() throws Exception {
    for (int version : new int[] {-1, 0, StateFile.VERSION + 1, Integer.MAX_VALUE}) {
      byte[] content = encode(pod(running("")));
      ByteBuffer.wrap(content).putInt(VERSION_AT, version);
      assertThatThrownBy(() -> StateFile.decode(content))
          .isInstanceOf(UnreadableException.class)
          .hasMessageContaining("version " + version);
      assertThat(StateFile.keptDescriptors(content)).isEqualTo(KEPT);
    }
  }

  @Test
  void everyTruncationIsRefused() throws Exception {
    byte[] content = encode(pod(running("tail"), ended()));
    for (int length = 0; length < content.length; length++) {
      byte[] cut = Arrays.copyOf(content, length);
      assertThatThrownBy(() -> StateFile.decode(cut)).isInstanceOf(UnreadableException.class);
    }
  }

  @Test
  void everyChangedByteIsRefused() throws Exception {
    byte[] content = encode(pod(running("tail"), ended()));
    for (int at = VERSION_AT; at < content.length; at++) {
      byte[] changed = content.clone();
      changed[at] ^= 0x10;
      assertThatThrownBy(() -> StateFile.decode(changed)).isInstanceOf(UnreadableException.class);
    }
  }

  /** Also behind a right checksum, damage is refused or read as some state, and nothing else. */
  @Test
  void randomDamageNeverDoesMoreThanBeRefused() throws Exception {
    byte[] content = encode(pod(running("tail"), ended()));
    Random random = new Random(SEED);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] damaged = content.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      if (random.nextBoolean()) {
        CRC32 sum = new CRC32();
        sum.update(damaged, STATE_AT, damaged.length - STATE_AT);
        ByteBuffer.wrap(damaged).putInt(CHECKSUM_AT, (int) sum.getValue());
      }
      try {
        StateFile.decode(damaged);
      } catch (UnreadableException e) {
        refused++;
      }
    }
    assertThat(refused).as("seed " + SEED).isBetween(ROUNDS / 2, ROUNDS - 1);
  }

  @Test
  void aStateBeyondItsBoundsIsNotWritten() {
    SavedContainer[] many =
        Collections.nCopies(StateFile.MAX_CONTAINERS + 1, ended()).toArray(SavedContainer[]::new);
    assertThatThrownBy(() -> encode(pod(many))).hasMessageContaining("at most 1000");
    SavedContainer[] large =
        Collections.nCopies(100, running("x".repeat(CriLog.MAX_CONTENT)))
            .toArray(SavedContainer[]::new);
    assertThatThrownBy(() -> encode(pod(large))).hasMessageContaining("at most 1048576");
    SavedContainer longTail = running("x".repeat(CriLog.MAX_CONTENT + 1));
    assertThatThrownBy(() -> encode(pod(longTail))).hasMessageContaining("at most 16384");
  }
}
