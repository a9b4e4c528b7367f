package io.jukung.runtime.build;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildWarning;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepBegun;
import io.jukung.client.v1.StepDone;
import io.jukung.client.v1.StepFailed;
import io.jukung.client.v1.StepOutput;
import io.jukung.image.build.BuildListener;
import io.jukung.runtime.call.Outlet;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** Turns what happens in a build into messages, one at a time. Thread-safe. */
final class ProgressMessages implements BuildListener {
  private final ReentrantLock lock = new ReentrantLock();
  private final Outlet<BuildProgress> outlet;
  private int steps;

  ProgressMessages(Outlet<BuildProgress> outlet) {
    this.outlet = outlet;
  }

  private void send(BuildProgress message) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      outlet.send(message);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Step begin(String name, int line) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      int number = ++steps;
      send(
          BuildProgress.newBuilder()
              .setBegun(StepBegun.newBuilder().setStep(number).setName(name).setLine(line))
              .build());
      return new NumberedStep(number);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void warning(String text) throws InterruptedException {
    send(BuildProgress.newBuilder().setWarning(BuildWarning.newBuilder().setText(text)).build());
  }

  /** A piece of the archive that the build is for. */
  void archive(ByteString piece) throws InterruptedException {
    send(BuildProgress.newBuilder().setArchive(piece).build());
  }

  void built(BuiltImage image) throws InterruptedException {
    send(BuildProgress.newBuilder().setBuilt(image).build());
  }

  private final class NumberedStep implements Step {
    private final int number;

    NumberedStep(int number) {
      this.number = number;
    }

    @Override
    public void output(boolean error, byte[] data, int length) throws InterruptedException {
      send(
          BuildProgress.newBuilder()
              .setOutput(
                  StepOutput.newBuilder()
                      .setStep(number)
                      .setError(error)
                      .setData(ByteString.copyFrom(data, 0, length)))
              .build());
    }

    @Override
    public void done(boolean cached, Duration duration) throws InterruptedException {
      send(
          BuildProgress.newBuilder()
              .setDone(
                  StepDone.newBuilder()
                      .setStep(number)
                      .setCached(cached)
                      .setMilliseconds(duration.toMillis()))
              .build());
    }

    @Override
    public void failed(String reason, String excerpt, int exitCode) throws InterruptedException {
      send(
          BuildProgress.newBuilder()
              .setFailed(
                  StepFailed.newBuilder()
                      .setStep(number)
                      .setReason(reason)
                      .setExcerpt(excerpt)
                      .setExitCode(exitCode))
              .build());
    }
  }
}
