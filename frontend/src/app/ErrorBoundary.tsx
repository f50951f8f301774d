import type { ReactNode } from 'react';
import { Component } from 'react';

import { Blank } from '../components/Blank';
import { Button } from '../components/Button';
import { Lantern } from '../components/Lantern';

interface ErrorBoundaryProps {
  children: ReactNode;
  /** When this changes, what is below gets another chance. */
  resetKey?: string;
}

interface ErrorBoundaryState {
  hasFailed: boolean;
}

/** Catches what a page throws while it draws itself, so that the rest stays usable. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { hasFailed: false };

  static getDerivedStateFromError(): ErrorBoundaryState {
    return { hasFailed: true };
  }

  override componentDidUpdate({ resetKey }: ErrorBoundaryProps) {
    if (this.state.hasFailed && resetKey !== this.props.resetKey) this.setState({ hasFailed: false });
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <div role="alert">
        <Blank
          heading="h1"
          title="This page broke"
          art={<Lantern size={56} />}
          actions={
            <Button
              look="main"
              icon="retry"
              onClick={() => {
                window.location.reload();
              }}
            >
              Load it again
            </Button>
          }
        >
          The mistake is ours; nothing you did is lost on the server.
        </Blank>
      </div>
    );
  }
}
