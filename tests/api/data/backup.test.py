"""Backups and repair by the command line: python3 backup.test.py TAPROOM [unittest arguments]."""
import glob
import json
import os
import shutil
import sqlite3
import threading
import time

from harness import Case, Server, cli, fill, folder, lines, rows, main


def backups(data):
    return sorted(glob.glob(data + '/backups/*'))


def tear(path, at=8192, n=4096 * 3):
    """Overwrites pages in the middle of a file."""
    with open(path, 'r+b') as f:
        f.seek(at)
        f.write(b'\xa5' * n)


class Backup(Case):
    def backup(self, data, keep=7):
        r = cli('backup', '--data', data, '--keep', str(keep))
        self.assertEqual((r.returncode, r.stderr), (0, b''))
        return r.stdout.decode()

    def filled(self):
        s = Server()
        fill(s)
        run = s.rank(instruction='sea', top=2)[1]['run']
        self.assertEqual(s.stop(), 0)
        return s.data, run

    def test_beside_a_server_that_writes(self):
        s = Server()
        fill(s)
        going, saved = True, []

        def write():
            while going:
                saved.append(s.rank(instruction='sea', top=1)[1]['run'])
                s.call('POST', '/api/catalogs?name=other&replace=1', lines(rows(50)), 'application/x-ndjson')
        t = threading.Thread(target=write)
        t.start()
        for _ in range(4):
            before = list(saved)
            said = self.backup(s.data, 3)
            path = said.split('looked through: ')[1].split('\n')[0]
            self.assertEqual(os.listdir(s.data + '/backups').count(os.path.basename(path)), 1)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            db = sqlite3.connect(path)
            self.assertEqual(db.execute('PRAGMA integrity_check').fetchone()[0], 'ok')
            kept = {x[0] for x in db.execute('SELECT id FROM run')}
            self.assertLessEqual(set(before), kept)  # all that was acknowledged before
            self.assertIn(db.execute("SELECT items FROM catalog WHERE name = 'other'").fetchall(), ([], [(50,)]))
            db.close()
        going = False
        t.join()
        self.assertEqual(len(backups(s.data)), 3)
        self.assertIn('1 older ones removed', said)
        self.assertEqual(s.stop(), 0)

    def test_a_bad_one_is_not_kept(self):
        data, _ = self.filled()
        self.backup(data)
        before = backups(data)
        db = sqlite3.connect(data + '/taproom.db')
        db.execute('UPDATE item SET popularity = 9e999 WHERE row = 1')
        db.commit()
        db.close()
        r = cli('backup', '--data', data, '--keep', '1')
        self.assertEqual(r.returncode, 1)
        self.assertIn('item.popularity', r.stderr.decode())
        self.assertIn('repair', r.stderr.decode())
        self.assertEqual(backups(data), before)
        r = cli('backup', '--data', folder('empty'))
        self.assertEqual(r.returncode, 1)
        self.assertIn('no database', r.stderr.decode())

    def test_a_whole_one_is_not_touched(self):
        data, _ = self.filled()
        before = open(data + '/taproom.db', 'rb').read()
        r = cli('repair', '--data', data, '--from-backup')
        self.assertEqual((r.returncode, r.stdout), (0, b'The database is whole; nothing was changed.\n'))
        self.assertEqual(open(data + '/taproom.db', 'rb').read(), before)
        self.assertEqual(glob.glob(data + '/*damaged*'), [])

    def test_repair_from_the_newest_good_backup(self):
        data, run = self.filled()
        self.backup(data)
        time.sleep(1.1)
        self.backup(data)
        tear(backups(data)[-1])
        tear(data + '/taproom.db')
        r = cli('serve', '--port', '0', '--data', data, '--model', 'x')
        self.assertEqual(r.returncode, 1)
        if 'database' in r.stderr.decode():
            self.assertIn('taproom repair', r.stderr.decode())
        damaged = open(data + '/taproom.db', 'rb').read()
        r = cli('repair', '--data', data, '--from-backup', '--json')
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertEqual(json.loads(r.stdout), {'damaged': True, 'from_backup': True})
        aside = [x for x in glob.glob(data + '/taproom.db.damaged-*') if not x.endswith(('-wal', '-shm'))]
        self.assertEqual(len(aside), 1)
        self.assertEqual(len(open(aside[0], 'rb').read()), len(damaged))
        s = Server(data=data)
        self.assertEqual(s.call('GET', '/api/catalogs/small')[1]['items'], 40)
        self.assertEqual(s.call('GET', '/api/runs/' + run)[0], 200)
        self.assertEqual(s.call('GET', '/api/catalogs/small/items?q=robots')[0], 200)
        self.assertEqual(s.rank(instruction='sea', top=1)[0], 200)
        r = cli('repair', '--data', data)
        self.assertEqual(r.returncode, 1)
        self.assertIn('in use by process', r.stderr.decode())
        self.assertEqual(s.stop(), 0)

    def test_no_good_backup(self):
        data, _ = self.filled()
        self.backup(data)
        tear(backups(data)[0])
        with open(data + '/taproom.db', 'r+b') as f:
            f.write(b'not a database at all')
        before = open(data + '/taproom.db', 'rb').read()
        r = cli('repair', '--data', data, '--from-backup')
        self.assertEqual(r.returncode, 1)
        self.assertIn('no backup', r.stderr.decode())
        self.assertEqual(open(data + '/taproom.db', 'rb').read(), before)
        r = cli('repair', '--data', data)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertFalse(os.path.exists(data + '/taproom.db'))
        s = Server(data=data)  # begins with an empty one
        self.assertEqual(s.call('GET', '/api/runs')[1]['total'], 0)
        self.assertEqual(s.stop(), 0)

    def test_values_that_cannot_be(self):
        data, _ = self.filled()
        db = sqlite3.connect(data + '/taproom.db')
        db.execute("UPDATE run SET json = '[' || json")
        db.commit()
        db.close()
        r = cli('repair', '--data', data)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertIn('run.json', r.stdout.decode())


if __name__ == '__main__':
    main()
