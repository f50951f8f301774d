import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';

import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import css from './DropZone.module.css';
import { accepted } from './kinds';

interface DropZoneProps {
  onFiles: (files: File[]) => void;
  isRoomy: boolean;
  /** Other ways to add something, beside choosing files. */
  children?: ReactNode;
}

function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

/** The whole page takes dropped files: a drop that misses must not replace the page by the file. */
function useDrop(onFiles: (files: File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const take = useRef(onFiles);
  useEffect(() => {
    take.current = onFiles;
  });
  useEffect(() => {
    const controller = new AbortController();
    const listen = (kind: 'dragover' | 'dragleave' | 'drop', react: (event: DragEvent) => void) => {
      window.addEventListener(
        kind,
        (event) => {
          if (carriesFiles(event)) react(event);
        },
        { signal: controller.signal },
      );
    };
    listen('dragover', (event) => {
      event.preventDefault();
      setIsOver(true);
    });
    listen('dragleave', (event) => {
      if (event.relatedTarget === null) setIsOver(false);
    });
    listen('drop', (event) => {
      event.preventDefault();
      setIsOver(false);
      take.current([...(event.dataTransfer?.files ?? [])]);
    });
    return () => {
      controller.abort();
    };
  }, []);
  return isOver;
}

export function DropZone({ onFiles, isRoomy, children }: DropZoneProps) {
  const picker = useRef<HTMLInputElement>(null);
  const isOver = useDrop(onFiles);
  return (
    <div
      className={`${css.zone ?? ''} ${isRoomy ? (css.roomy ?? '') : ''} ${isOver ? (css.over ?? '') : ''}`}
    >
      <span className={css.sign}>
        <Icon name="upload" size={isRoomy ? 30 : 22} />
      </span>
      <div className={css.words}>
        <p className={css.title}>
          {isOver ? 'Let go to add them to the library' : 'Drop documents anywhere on this page'}
        </p>
        <p className={css.hint}>
          PDF, Word, PowerPoint, Excel, EPUB, HTML, Markdown, text, CSV, JSON, source code; up to 25&nbsp;MiB
        </p>
      </div>
      <div className={css.ways}>
        <Button look={isRoomy ? 'main' : 'plain'} icon="add" onClick={() => picker.current?.click()}>
          Choose files
        </Button>
        {children}
      </div>
      <input
        ref={picker}
        type="file"
        multiple
        accept={accepted}
        hidden
        aria-label="Documents to add"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file may be chosen again after it was mended.
          target.value = '';
        }}
      />
    </div>
  );
}
